// Who gets a link, and who does not: SESS-1 … SESS-3 over QUIC (LINK-2 … LINK-4).
#include <openssl/pem.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "identity/sample.h"
#include "quic/carrier.h"
#include "rig.h"
#include "tls/raw_tls.h"

namespace pd::quic::test {
namespace {

using namespace std::chrono_literals;

const Made& failed(const std::optional<Made>& made) {
  EXPECT_FALSE(*made);
  return *made;
}

TEST(Handshake, ProvesBothSides) {
  Rig rig;
  rig.link();
  EXPECT_EQ(rig.dialled->peer().address().text(), gordon);
  EXPECT_EQ(rig.dialled->device(), Town::device_key(gordon, "laptop").public_key());
  EXPECT_EQ(rig.answered->peer().address().text(), olivier);
  EXPECT_EQ(rig.answered->device(), Town::device_key(olivier, "laptop").public_key());
}

TEST(Handshake, WorksOverIpv6) {
  Rig rig;
  rig.link({}, "::1");
  EXPECT_EQ(rig.dialled->where().substr(0, 6), "[::1]:");
}

// `caller` connects to `answerer`, each with the credentials given, each meaning the other to be somebody.
struct Meeting {
  std::shared_ptr<const connect::Credentials> caller = Town::credentials(olivier);
  std::string callee = gordon;
  std::shared_ptr<const connect::Credentials> answerer = Town::credentials(gordon);
  std::string expected = olivier;
};

std::pair<Made, Made> meet(Rig& rig, const Meeting& meeting) {
  auto a = rig.socket(), b = rig.socket();
  const auto to_a = a->local(), to_b = b->local();
  std::optional<Made> dialled, answered;
  rig.start(accept(meeting.answerer, rig.town.find(meeting.expected), {std::move(b), to_a}, brief()), answered);
  rig.start(connect(meeting.caller, rig.town.find(meeting.callee), {std::move(a), to_b}, brief()), dialled);
  rig.until([&] { return dialled && answered; });
  return {std::move(*dialled), std::move(*answered)};
}

std::shared_ptr<const connect::Credentials> pretender(const std::string& key_of, const std::string& name) {
  return std::make_shared<const connect::Credentials>(identity::sample::address(name),
                                                      Town::device_key(key_of, "laptop"), identity::sample::at(10));
}

TEST(Handshake, TheDiallerRefusesSomebodyElse) {
  Rig rig;
  const auto [dialled, answered] = meet(rig, {.answerer = Town::credentials(eve)});
  ASSERT_FALSE(dialled);
  EXPECT_EQ(dialled.error().cause, connect::Cause::wrong_key);
  EXPECT_FALSE(answered);
}

TEST(Handshake, TheDiallerRefusesSomebodyElseInTheName) {
  Rig rig;
  const auto [dialled, answered] = meet(rig, {.answerer = pretender(eve, gordon)});
  ASSERT_FALSE(dialled);
  EXPECT_EQ(dialled.error().cause, connect::Cause::wrong_key);
}

TEST(Handshake, TheDiallerRefusesTheRightKeyUnderAnotherName) {
  Rig rig;
  const auto [dialled, answered] = meet(rig, {.answerer = pretender(gordon, eve)});
  ASSERT_FALSE(dialled);
  EXPECT_EQ(dialled.error().cause, connect::Cause::wrong_key);
}

TEST(Handshake, TheAnswererRefusesSomebodyElse) {
  Rig rig;
  const auto [dialled, answered] = meet(rig, {.caller = Town::credentials(eve)});
  ASSERT_FALSE(answered);
  EXPECT_EQ(answered.error().cause, connect::Cause::wrong_key);
  ASSERT_FALSE(dialled) << "and it does not believe to be connected";
  EXPECT_NE(dialled.error().message.find("does not accept this device"), std::string::npos) << dialled.error().message;
}

TEST(Handshake, TheAnswererRefusesSomebodyElseInTheName) {
  Rig rig;
  const auto [dialled, answered] = meet(rig, {.caller = pretender(eve, olivier)});
  ASSERT_FALSE(answered);
  EXPECT_EQ(answered.error().cause, connect::Cause::wrong_key);
}

TEST(Handshake, RefusesARemovedDevice) {
  Rig rig;
  rig.town.change_devices(gordon, {"phone"});
  const auto [dialled, answered] = meet(rig, {});
  ASSERT_FALSE(dialled);
  EXPECT_EQ(dialled.error().cause, connect::Cause::wrong_key);
}

// Somebody whose TLS is made for the part of `who` and then bent: GnuTLS itself allows what we do not.
std::unique_ptr<Tls> bent(Rig& rig, Role role, const std::function<void(gnutls_session_t, const std::string&)>& bend) {
  const bool dials = role == Role::dialler;
  auto tls = std::make_unique<Tls>(role, *Town::credentials(dials ? olivier : gordon),
                                   rig.town.find(dials ? gordon : olivier));
  bend(tls->native(), dials ? olivier : gordon);
  return tls;
}

struct Bend {
  const char* name;
  std::function<void(gnutls_session_t, const std::string&)> bend;
  connect::Cause cause;  // as the other side has it
};

void PrintTo(const Bend& it, std::ostream* out) {
  *out << it.name;
}

void other_alpn(gnutls_session_t session, const std::string&) {
  const gnutls_datum_t name{reinterpret_cast<unsigned char*>(const_cast<char*>("h3")), 2};
  gnutls_alpn_set_protocols(session, &name, 1, 0);
}
void no_certificate(gnutls_session_t session, const std::string&) {
  static gnutls_certificate_credentials_t const nothing = [] {
    gnutls_certificate_credentials_t it = nullptr;
    gnutls_certificate_allocate_credentials(&it);
    return it;
  }();
  gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, nothing);
}
void old_tls(gnutls_session_t session, const std::string&) {
  gnutls_priority_set_direct(session, "NORMAL:-VERS-ALL:+VERS-TLS1.2", nullptr);
}

std::string pem(const std::function<int(BIO*)>& write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
  write(out.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

using connect::test::Certificate;
using connect::test::certificate;
using connect::test::ed25519;
using connect::test::Key;

// Shows this certificate and signs with `key`, whether they fit or not.
void show(gnutls_session_t session, const Key& key, const Certificate& shown) {
  static std::vector<std::shared_ptr<gnutls_certificate_credentials_st>> kept;  // sessions do not
  gnutls_certificate_credentials_t it = nullptr;
  gnutls_certificate_allocate_credentials(&it);
  kept.emplace_back(it, gnutls_certificate_free_credentials);
  gnutls_certificate_set_flags(it, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
  auto all = pem([&](BIO* out) { return PEM_write_bio_X509(out, shown.get()); });
  auto secret = pem(
      [&](BIO* out) { return PEM_write_bio_PKCS8PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  const gnutls_datum_t certificates{reinterpret_cast<unsigned char*>(all.data()), static_cast<unsigned>(all.size())};
  const gnutls_datum_t keys{reinterpret_cast<unsigned char*>(secret.data()), static_cast<unsigned>(secret.size())};
  EXPECT_GE(gnutls_certificate_set_x509_key_mem(it, &certificates, &keys, GNUTLS_X509_FMT_PEM), 0);
  gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, it);
}

Key laptop(const std::string& who) {
  return ed25519(Town::device_key(who, "laptop"));
}
void without_its_key(gnutls_session_t session, const std::string& who) {
  show(session, laptop(eve), certificate(laptop(who), who));
}
void no_address(gnutls_session_t session, const std::string& who) {
  show(session, laptop(who), certificate(laptop(who), "somebody"));
}
void large_certificate(gnutls_session_t session, const std::string& who) {
  show(session, laptop(who), certificate(laptop(who), who, 4'000));
}
void rsa_certificate(gnutls_session_t session, const std::string& who) {
  const auto key = connect::test::rsa();
  gnutls_priority_set_direct(session, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+SIGN-ALL", nullptr);
  show(session, key, certificate(key, who));
}

const auto bends = testing::Values(Bend{"OtherAlpn", other_alpn, connect::Cause::unreachable},
                                   Bend{"NoCertificate", no_certificate, connect::Cause::unreachable},
                                   Bend{"Tls12", old_tls, connect::Cause::unreachable},
                                   Bend{"WithoutItsKey", without_its_key, connect::Cause::wrong_key},
                                   Bend{"NoAddress", no_address, connect::Cause::wrong_key},
                                   Bend{"LargeCertificate", large_certificate, connect::Cause::wrong_key},
                                   Bend{"Rsa", rsa_certificate, connect::Cause::unreachable});

class BentDialler : public testing::TestWithParam<Bend> {};

TEST_P(BentDialler, IsRefused) {
  Rig rig;
  auto a = rig.socket(), b = rig.socket();
  const auto to_a = a->local(), to_b = b->local();
  std::optional<Made> answered;
  rig.start(accept(Town::credentials(gordon), rig.town.find(olivier), {std::move(b), to_a}, brief()), answered);
  const auto carrier = std::make_shared<Carrier>(Path{std::move(a), to_b}, brief());
  carrier->dial(bent(rig, Role::dialler, GetParam().bend));
  rig.until([&] { return answered.has_value(); });
  carrier->stop();
  EXPECT_FALSE(failed(answered));
  EXPECT_FALSE(carrier->ready());
  EXPECT_EQ(answered->error().cause, GetParam().cause) << answered->error().message;
}

INSTANTIATE_TEST_SUITE_P(Quic, BentDialler, bends, [](const auto& bend) { return std::string(bend.param.name); });

class BentAnswerer : public testing::TestWithParam<Bend> {};

TEST_P(BentAnswerer, IsRefused) {
  Rig rig;
  auto a = rig.socket(), b = rig.socket();
  const auto to_a = a->local(), to_b = b->local();
  const auto carrier = std::make_shared<Carrier>(Path{std::move(b), to_a}, brief());
  carrier->answer([&] { return bent(rig, Role::answerer, GetParam().bend); });
  std::optional<Made> dialled;
  rig.start(connect(Town::credentials(olivier), rig.town.find(gordon), {std::move(a), to_b}, brief()), dialled);
  rig.until([&] { return dialled.has_value(); });
  carrier->stop();
  EXPECT_FALSE(failed(dialled));
  EXPECT_EQ(dialled->error().cause, GetParam().cause) << dialled->error().message;
}

INSTANTIATE_TEST_SUITE_P(Quic, BentAnswerer, bends, [](const auto& bend) { return std::string(bend.param.name); });

TEST(Handshake, NobodyThereIsUnreachableInTime) {
  Rig rig;
  auto a = rig.socket();
  const auto nobody = rig.socket()->local();
  const auto begin = std::chrono::steady_clock::now();
  const auto made =
      rig.run(connect(Town::credentials(olivier), rig.town.find(gordon), {std::move(a), nobody}, brief()));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().cause, connect::Cause::unreachable);
  EXPECT_NE(made.error().message.find("no answer in time"), std::string::npos) << made.error().message;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, patience / 2);
}

TEST(Handshake, NobodyCallingIsUnreachableInTime) {
  Rig rig;
  auto b = rig.socket();
  const auto nobody = rig.socket()->local();
  const auto made = rig.run(accept(Town::credentials(gordon), rig.town.find(olivier), {std::move(b), nobody}, brief()));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().cause, connect::Cause::unreachable);
}

TEST(Handshake, WhoComesFromElsewhereIsNotAnswered) {
  Rig rig;
  auto a = rig.socket(), b = rig.socket();
  const auto elsewhere = rig.socket()->local(), to_b = b->local();
  std::optional<Made> dialled, answered;
  rig.start(accept(Town::credentials(gordon), rig.town.find(olivier), {std::move(b), elsewhere}, brief()), answered);
  rig.start(connect(Town::credentials(olivier), rig.town.find(gordon), {std::move(a), to_b}, brief()), dialled);
  rig.until([&] { return dialled && answered; });
  EXPECT_FALSE(*dialled);
  EXPECT_FALSE(*answered);
}

TEST(Handshake, TheRightOneComesInAfterAWrongOneAndGarbage) {
  Rig rig;
  auto a = rig.socket(), b = rig.socket();
  const auto to_a = a->local(), to_b = b->local();
  std::optional<Made> dialled, answered;
  Limits limits;
  rig.start(accept(Town::credentials(gordon), rig.town.find(olivier), {std::move(b), to_a}, limits), answered);
  for (const std::size_t size : {0U, 1U, 6U, 40U, 1'200U, 1'400U}) {
    std::vector<std::uint8_t> garbage(size, 0xc3);
    a->send(to_b, garbage);
    if (size > 30) {  // the head of an Initial, and nothing behind it
      const std::uint8_t head[] = {0xc3, 0, 0, 0, 1, 8};
      std::copy(std::begin(head), std::end(head), garbage.begin());
      a->send(to_b, garbage);
    }
  }
  const auto local = a->local();
  std::optional<Made> wrong;
  rig.start(connect(Town::credentials(eve), rig.town.find(gordon), {std::move(a), to_b}, limits), wrong);
  rig.until([&] { return wrong.has_value(); });
  EXPECT_FALSE(*wrong);
  EXPECT_FALSE(answered);
  auto again = std::make_unique<net::UdpSocket>(rig.io.get_executor(), local);
  rig.start(connect(Town::credentials(olivier), rig.town.find(gordon), {std::move(again), to_b}, limits), dialled);
  rig.until([&] { return dialled && answered; });
  EXPECT_TRUE(*dialled);
  EXPECT_TRUE(*answered);
}

TEST(Handshake, CanBeCancelled) {
  for (const bool dials : {true, false}) {
    Rig rig;
    const auto nobody = rig.socket()->local();
    asio::cancellation_signal cancel;
    std::exception_ptr thrown;
    auto work = dials ? connect(Town::credentials(olivier), rig.town.find(gordon), {rig.socket(), nobody})
                      : accept(Town::credentials(gordon), rig.town.find(olivier), {rig.socket(), nobody});
    asio::co_spawn(rig.io, std::move(work),
                   asio::bind_cancellation_slot(cancel.slot(),
                                                [&](const std::exception_ptr& error, const Made&) { thrown = error; }));
    rig.io.run_for(30ms);
    EXPECT_FALSE(thrown);
    cancel.emit(asio::cancellation_type::terminal);
    rig.until([&] { return thrown != nullptr; });
    rig.io.restart();
    const auto begin = std::chrono::steady_clock::now();
    rig.io.run();  // until nothing is left to wait for
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  }
}

TEST(Handshake, WhatIsNotQuicGoesToWhoeverKnowsIt) {
  Rig rig;
  auto a = rig.socket(), b = rig.socket(), c = rig.socket();
  const auto to_a = a->local(), to_b = b->local();
  std::vector<std::string> seen;
  const Foreign foreign = [&](net::UdpSocket& socket, const asio::ip::udp::endpoint& from, net::Datagram datagram) {
    seen.emplace_back(datagram.begin(), datagram.end());
    return seen.back().starts_with("probe") && socket.send(from, datagram);
  };
  const auto send = [&](const std::string& text) {
    c->send(to_b, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  };
  send("probe before");
  rig.link({std::move(a), to_b}, {std::move(b), to_a, 1ms, foreign});
  EXPECT_EQ(seen.front(), "probe before");
  send("probe after");
  send("nobody's");
  rig.until([&] { return std::count(seen.begin(), seen.end(), "nobody's") == 1; });
  EXPECT_EQ(std::count(seen.begin(), seen.end(), "probe after"), 1);
  net::Received answers;
  std::size_t count = 0;
  while (c->receive(answers))
    count += answers.count();
  EXPECT_EQ(count, 2U);
}

}  // namespace
}  // namespace pd::quic::test
