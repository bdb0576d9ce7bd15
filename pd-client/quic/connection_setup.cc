// How a connection begins: what it demands of the other side, and what ngtcp2 calls.
#include <gnutls/crypto.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "quic/connection.h"

namespace pd::quic {

namespace {

constexpr std::size_t id_size = 8;         // LINK-9: of the connection ids that this side gives out
constexpr std::size_t first_id_size = 18;  // of the one that a dialler draws for the other side (RFC 9000, 7.2)
constexpr std::size_t ids_kept = 4;        // of the other side, so that there is one for each move
constexpr std::chrono::milliseconds min_round_trip{1};
constexpr std::chrono::milliseconds max_round_trip{10'000};

ngtcp2_duration nanoseconds(std::chrono::nanoseconds time) {
  return static_cast<ngtcp2_duration>(time.count());
}

ngtcp2_tstamp stamp(Connection::Time time) {
  return nanoseconds(time.time_since_epoch());
}

void random(std::uint8_t* place, std::size_t size) {
  if (gnutls_rnd(GNUTLS_RND_RANDOM, place, size) != 0) {
    throw std::runtime_error("QUIC: no random bytes");
  }
}

ngtcp2_cid random_id(std::size_t size) {
  ngtcp2_cid id{};
  random(id.data, size);
  id.datalen = size;
  return id;
}

ngtcp2_path path_of(const Connection::Setup& setup) {
  const auto address = [](const Connection::Endpoint& endpoint) {
    return ngtcp2_addr{const_cast<sockaddr*>(endpoint.data()), static_cast<ngtcp2_socklen>(endpoint.size())};
  };
  return {address(setup.local), address(setup.remote), nullptr};
}

void check(int code) {
  if (code != 0) {
    throw std::runtime_error(std::string("QUIC: ") + ngtcp2_strerror(code));
  }
}

bool same(const ngtcp2_cid& a, const ngtcp2_cid& b) {
  return ngtcp2_cid_eq(&a, &b) != 0;
}

}  // namespace

struct Connection::Callbacks {
  static Connection& self(void* user) { return *static_cast<Connection*>(user); }

  static void nonce(std::uint8_t* place, std::size_t size, const ngtcp2_rand_ctx*) {
    gnutls_rnd(GNUTLS_RND_NONCE, place, size);  // for greasing and the like: nothing depends on it
  }

  static int new_id(ngtcp2_conn*, ngtcp2_cid* id, std::uint8_t* token, std::size_t size, void* user) {
    if (gnutls_rnd(GNUTLS_RND_RANDOM, id->data, size) != 0 ||
        gnutls_rnd(GNUTLS_RND_RANDOM, token, NGTCP2_STATELESS_RESET_TOKENLEN) != 0) {
      return NGTCP2_ERR_CALLBACK_FAILURE;
    }
    id->datalen = size;
    self(user).ids_.push_back(*id);
    return 0;
  }

  static int remove_id(ngtcp2_conn*, const ngtcp2_cid* id, void* user) {
    std::erase_if(self(user).ids_, [&](const auto& ours) { return same(ours, *id); });
    return 0;
  }

  // The answerer's: the dialler has proven its key.
  static int completed(ngtcp2_conn*, void* user) {
    auto& it = self(user);
    it.ready_ = it.ready_ || it.tls_->role() == Role::answerer;
    return 0;
  }

  // The dialler's: the answerer has accepted this side's key too (RFC 9001, section 4.1.2), so its stream can begin.
  static int confirmed(ngtcp2_conn* connection, void* user) {
    auto& it = self(user);
    if (it.tls_->role() == Role::dialler) {
      it.ready_ = ngtcp2_conn_open_bidi_stream(connection, &it.stream_, nullptr) == 0;
    }
    return 0;
  }

  static int stream_opened(ngtcp2_conn*, std::int64_t stream, void* user) {
    self(user).stream_ = stream;  // there is but one (LINK-5)
    self(user).opened_ = true;
    return 0;
  }

  static int received(ngtcp2_conn*, std::uint32_t flags, std::int64_t, std::uint64_t, const std::uint8_t* bytes,
                      std::size_t size, void* user, void*) {
    auto& it = self(user);
    it.incoming_.append({bytes, size});
    it.finished_ = it.finished_ || (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0;
    if (it.ignoring_) {
      it.taken(it.incoming_.size());
    }
    return 0;
  }

  static int acknowledged(ngtcp2_conn*, std::int64_t, std::uint64_t offset, std::uint64_t size, void* user, void*) {
    self(user).outgoing_.drop(offset + size);
    return 0;
  }

  // The other side gives up one half of the stream: nobody does that who keeps to LINK-11.
  static int reset(ngtcp2_conn*, std::int64_t, std::uint64_t, std::uint64_t, void*, void*) {
    return NGTCP2_ERR_CALLBACK_FAILURE;
  }
  static int stopped(ngtcp2_conn*, std::int64_t, std::uint64_t, void*, void*) { return NGTCP2_ERR_CALLBACK_FAILURE; }

  static ngtcp2_callbacks table() {
    ngtcp2_callbacks it{};
    it.client_initial = ngtcp2_crypto_client_initial_cb;
    it.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
    it.recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb;
    it.encrypt = ngtcp2_crypto_encrypt_cb;
    it.decrypt = ngtcp2_crypto_decrypt_cb;
    it.hp_mask = ngtcp2_crypto_hp_mask_cb;
    it.recv_retry = ngtcp2_crypto_recv_retry_cb;
    it.update_key = ngtcp2_crypto_update_key_cb;
    it.delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb;
    it.delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
    it.get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb;
    it.version_negotiation = ngtcp2_crypto_version_negotiation_cb;
    it.rand = nonce;
    it.get_new_connection_id = new_id;
    it.remove_connection_id = remove_id;
    it.handshake_completed = completed;
    it.handshake_confirmed = confirmed;
    it.stream_open = stream_opened;
    it.recv_stream_data = received;
    it.acked_stream_data_offset = acknowledged;
    it.stream_reset = reset;
    it.stream_stop_sending = stopped;
    return it;
  }
};

Connection::Connection(std::unique_ptr<Tls> tls, const Setup& setup) : tls_(std::move(tls)), limits_(setup.limits) {}

Connection::~Connection() {
  ngtcp2_conn_del(connection_);
}

ngtcp2_settings Connection::settings(const Setup& setup, Time now) const {
  ngtcp2_settings it;
  ngtcp2_settings_default(&it);
  it.initial_ts = stamp(now);
  it.cc_algo = NGTCP2_CC_ALGO_BBR;
  it.initial_rtt = nanoseconds(std::clamp(setup.round_trip, min_round_trip, max_round_trip));
  it.max_tx_udp_payload_size = max_datagram;
  it.max_window = limits_.max_window;
  it.max_stream_window = limits_.max_window;
  it.handshake_timeout = nanoseconds(limits_.handshake);
  return it;
}

ngtcp2_transport_params Connection::parameters() const {
  const bool answers = tls_->role() == Role::answerer;
  ngtcp2_transport_params it;
  ngtcp2_transport_params_default(&it);
  it.initial_max_data = limits_.window;
  it.initial_max_stream_data_bidi_local = answers ? 0 : limits_.window;
  it.initial_max_stream_data_bidi_remote = answers ? limits_.window : 0;
  it.initial_max_streams_bidi = answers ? 1 : 0;
  it.initial_max_streams_uni = 0;
  it.max_idle_timeout = nanoseconds(limits_.idle);
  it.active_connection_id_limit = ids_kept;
  return it;
}

void Connection::adopt(ngtcp2_conn* connection) {
  connection_ = connection;
  tls_->serve(connection);
  ngtcp2_conn_set_tls_native_handle(connection, tls_->native());
  ngtcp2_conn_set_keep_alive_timeout(connection, nanoseconds(limits_.keep_alive));
}

std::unique_ptr<Connection> Connection::dial(std::unique_ptr<Tls> tls, const Setup& setup, Time now) {
  std::unique_ptr<Connection> it(new Connection(std::move(tls), setup));
  const auto theirs = random_id(first_id_size);
  const auto ours = random_id(id_size);
  const auto path = path_of(setup);
  const auto callbacks = Callbacks::table();
  const auto settings = it->settings(setup, now);
  const auto parameters = it->parameters();
  ngtcp2_conn* connection = nullptr;
  check(ngtcp2_conn_client_new(&connection, &theirs, &ours, &path, NGTCP2_PROTO_VER_V1, &callbacks, &settings,
                               &parameters, nullptr, it.get()));
  it->adopt(connection);
  it->ids_.push_back(ours);
  return it;
}

std::unique_ptr<Connection> Connection::answer(std::unique_ptr<Tls> tls, const Setup& setup, net::Datagram first,
                                               Time now) {
  ngtcp2_pkt_hd head{};
  if (ngtcp2_accept(&head, first.data(), first.size()) != 0 || head.version != NGTCP2_PROTO_VER_V1) {
    return nullptr;
  }
  std::unique_ptr<Connection> it(new Connection(std::move(tls), setup));
  const auto ours = random_id(id_size);
  const auto path = path_of(setup);
  const auto callbacks = Callbacks::table();
  const auto settings = it->settings(setup, now);
  auto parameters = it->parameters();
  library::set_original(parameters, head.dcid);
  ngtcp2_conn* connection = nullptr;
  check(ngtcp2_conn_server_new(&connection, &head.scid, &ours, &path, head.version, &callbacks, &settings, &parameters,
                               nullptr, it.get()));
  it->adopt(connection);
  it->ids_ = {ours, head.dcid};
  return it;
}

}  // namespace pd::quic
