#include "quic/connection.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace pd::quic {

namespace {

constexpr std::uint64_t left = 0;             // LINK-11: the one application error code
constexpr std::uint64_t first_alert = 0x100;  // RFC 9001, section 4.8
constexpr std::uint64_t last_alert = 0x1ff;
constexpr std::uint8_t no_application_protocol = 120;  // RFC 7301
constexpr std::uint8_t decrypt_error = 51;             // RFC 8446, section 6.2
constexpr std::uint8_t long_header = 0x80;             // RFC 8999, section 5.1
constexpr std::size_t long_id_at = 6;                  // form, version, length

ngtcp2_tstamp stamp_of(Connection::Time time) {
  return static_cast<ngtcp2_tstamp>(time.time_since_epoch().count());
}

ngtcp2_addr address_of(const Connection::Endpoint& endpoint) {
  return {const_cast<sockaddr*>(endpoint.data()), static_cast<ngtcp2_socklen>(endpoint.size())};
}

void assign(Connection::Endpoint& endpoint, const ngtcp2_addr& address) {
  endpoint.resize(address.addrlen);
  std::memcpy(endpoint.data(), address.addr, address.addrlen);
}

// What the other side's CONNECTION_CLOSE means.
Connection::End end_of(const library::CloseError& error) {
  if (library::is_application(error)) {
    return Connection::End::closed;
  }
  if (error.error_code == first_alert + no_application_protocol) {
    return Connection::End::no_pd;
  }
  return error.error_code >= first_alert && error.error_code <= last_alert ? Connection::End::refused
                                                                           : Connection::End::broken;
}

}  // namespace

bool Connection::owns(net::Datagram datagram) const {
  if (datagram.empty()) {
    return false;
  }
  const bool is_long = (datagram[0] & long_header) != 0;
  if (is_long && datagram.size() < long_id_at) {
    return false;
  }
  const auto id = datagram.subspan(is_long ? long_id_at : 1);
  return std::any_of(ids_.begin(), ids_.end(), [&](const ngtcp2_cid& ours) {
    return (!is_long || datagram[long_id_at - 1] == ours.datalen) && id.size() >= ours.datalen &&
           std::equal(ours.data, ours.data + ours.datalen, id.begin());
  });
}

void Connection::receive(const Endpoint& local, const Endpoint& from, net::Datagram datagram, Time now) {
  if (!alive()) {
    return;
  }
  const ngtcp2_path path{address_of(local), address_of(from), nullptr};
  const ngtcp2_pkt_info info{};
  fail(ngtcp2_conn_read_pkt(connection_, &path, &info, datagram.data(), datagram.size(), stamp_of(now)));
}

// What a call to the library returned, when it is an error, ends the connection.
void Connection::fail(int code) {
  if (code >= 0 || !alive()) {
    return;
  }
  failure_ = code;
  const bool wrong = tls_->verdict() == Tls::Verdict::wrong_key;
  switch (code) {
    case NGTCP2_ERR_DRAINING:
      end_ = end_of(library::received(connection_));
      told_ = true;
      break;
    case NGTCP2_ERR_IDLE_CLOSE:
      end_ = End::silent;
      told_ = true;
      break;
    case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
      end_ = End::not_in_time;
      break;
    case NGTCP2_ERR_CRYPTO:
      end_ = wrong || ngtcp2_conn_get_tls_alert(connection_) == decrypt_error ? End::wrong_key
             : tls_->verdict() == Tls::Verdict::no_pd                         ? End::no_pd
                                                                              : End::broken;
      break;
    case NGTCP2_ERR_DROP_CONN:
    case NGTCP2_ERR_RETRY:
      told_ = true;
      [[fallthrough]];
    default:
      end_ = End::broken;
  }
}

std::int64_t Connection::stream_to_write() const {
  const bool something = next_ < outgoing_.end() || (ready_ && !opened_);
  return something ? stream_ : -1;
}

// A datagram is filled across the end of a block: one that is shorter than the others would end their batch.
Connection::Parts Connection::bytes_to_write() {
  Parts parts;
  auto from = next_;
  for (auto& part : parts.bytes) {
    const auto bytes = outgoing_.from(from);
    if (bytes.empty()) {
      break;
    }
    part = {bytes.data(), bytes.size()};
    from += bytes.size();
    ++parts.count;
  }
  return parts;
}

std::size_t Connection::write(std::span<std::uint8_t> place, Endpoint& to, Time now) {
  ngtcp2_path_storage path;
  ngtcp2_path_storage_zero(&path);
  ngtcp2_pkt_info info{};
  bool blocked = false;
  while (alive()) {
    const std::int64_t stream = blocked ? -1 : stream_to_write();
    const auto parts = stream < 0 ? Parts() : bytes_to_write();
    ngtcp2_ssize taken = -1;
    const auto size = ngtcp2_conn_writev_stream(connection_, &path.path, &info, place.data(), max_datagram, &taken,
                                                NGTCP2_WRITE_STREAM_FLAG_NONE, stream, parts.bytes.data(), parts.count,
                                                stamp_of(now));
    if (size == NGTCP2_ERR_STREAM_DATA_BLOCKED) {
      blocked = true;
      continue;
    }
    if (taken >= 0) {
      next_ += static_cast<std::uint64_t>(taken);
      opened_ = true;
    }
    if (size > 0) {
      assign(to, path.path.remote);
      return static_cast<std::size_t>(size);
    }
    fail(static_cast<int>(size));
    return 0;
  }
  return 0;
}

std::size_t Connection::quantum() {
  return library::send_quantum(connection_);
}

bool Connection::paced(std::size_t written, Time now) {
  if (!alive() || written == 0) {
    return false;
  }
  pace_.sent(connection_, written, stamp_of(now));
  return expiry() <= now;
}

Connection::Time Connection::expiry() {
  const auto stamp = alive() ? ngtcp2_conn_get_expiry(connection_) : UINT64_MAX;
  if (stamp == UINT64_MAX) {
    return Time::max();
  }
  return Time(std::chrono::nanoseconds(static_cast<std::chrono::nanoseconds::rep>(stamp)));
}

void Connection::expire(Time now) {
  if (alive()) {
    fail(ngtcp2_conn_handle_expiry(connection_, stamp_of(now)));
  }
}

Connection::Endpoint Connection::remote() const {
  Endpoint endpoint;
  assign(endpoint, ngtcp2_conn_get_path(connection_)->remote);
  return endpoint;
}

std::chrono::nanoseconds Connection::probe_timeout() {
  return std::chrono::nanoseconds(static_cast<std::chrono::nanoseconds::rep>(ngtcp2_conn_get_pto(connection_)));
}

void Connection::taken(std::size_t size) {
  incoming_.drop(incoming_.begin() + size);
  if (alive()) {
    ngtcp2_conn_extend_max_stream_offset(connection_, stream_, size);
    ngtcp2_conn_extend_max_offset(connection_, size);
  }
}

void Connection::ignore_arriving() {
  ignoring_ = true;
  taken(incoming_.size());
}

std::size_t Connection::room() const {
  const std::size_t unsent = static_cast<std::size_t>(outgoing_.end() - next_);
  const auto below = [](std::size_t bound, std::size_t used) { return bound > used ? bound - used : 0; };
  return std::min(below(limits_.unsent, unsent), below(limits_.unacknowledged, outgoing_.size()));
}

std::vector<std::uint8_t> Connection::close(Time now) {
  if (told_) {
    return {};
  }
  library::CloseError error{};
  if (failure_ == 0) {
    library::set_application(error, left);
  } else if (end_ == End::no_pd) {
    library::set_alert(error, no_application_protocol);
  } else if (failure_ == NGTCP2_ERR_CRYPTO) {
    library::set_alert(error, ngtcp2_conn_get_tls_alert(connection_));
  } else {
    library::set_library(error, failure_);
  }
  std::vector<std::uint8_t> datagram(max_datagram);
  ngtcp2_path_storage path;
  ngtcp2_path_storage_zero(&path);
  ngtcp2_pkt_info info{};
  const auto size = ngtcp2_conn_write_connection_close(connection_, &path.path, &info, datagram.data(), datagram.size(),
                                                       &error, stamp_of(now));
  datagram.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  if (alive()) {
    end_ = End::closed;
  }
  told_ = true;
  return datagram;
}

}  // namespace pd::quic
