#include <algorithm>

#include <sodium.h>

#include "cases.h"
#include "identity/sample.h"
#include "identity/sealed_box.h"
#include "identity/signal.h"

namespace pd::vectors {
namespace {

using namespace pd::identity;  // NOLINT: a test, and all of it is about that namespace
using sample::at;
using sample::key;

constexpr std::string_view id = "AAECAwQFBgcICQoLDA0ODw";
constexpr std::string_view greeting = "Morgan's lab, in five minutes?";

// crypto_box_seal, with an ephemeral key that is the same in every run.
Bytes sealed(std::string_view plain, std::string_view receiver) {
  Hash seed = sha256(bytes_of("pd test key: ephemeral"));
  Bytes public_key(crypto_box_PUBLICKEYBYTES), secret_key(crypto_box_SECRETKEYBYTES), to(crypto_box_PUBLICKEYBYTES);
  crypto_box_seed_keypair(public_key.data(), secret_key.data(), seed.data());
  if (crypto_sign_ed25519_pk_to_curve25519(to.data(), key(receiver).public_key().raw().data()) != 0) std::abort();

  Bytes both = public_key;
  both.insert(both.end(), to.begin(), to.end());
  Bytes nonce(crypto_box_NONCEBYTES);
  crypto_generichash(nonce.data(), nonce.size(), both.data(), both.size(), nullptr, 0);

  Bytes box(plain.size() + crypto_box_MACBYTES);
  const auto* message = reinterpret_cast<const unsigned char*>(plain.data());
  if (crypto_box_easy(box.data(), message, plain.size(), nonce.data(), to.data(), secret_key.data()) != 0) std::abort();
  box.insert(box.begin(), public_key.begin(), public_key.end());
  return box;
}

std::string bound(std::string_view message, std::string_view signer = "laptop", std::string_view signal = id) {
  std::string what = "pd-signal\n" + key(signer).public_key().id() + "\nolivier@example.org\ngordon@blackmesa.us\n" +
                     key("phone").public_key().id() + "\n" + std::string(signal) + "\n";
  const Hash hash = sha256(bytes_of(what));
  return std::string(hash.begin(), hash.end()) + std::string(message);
}

std::string padded(std::string text, std::size_t size = 1'024) {
  text += '\x80';
  text.resize(size, '\0');
  return text;
}

Json payload(std::string_view plain, std::string_view receiver = "phone") {
  return {{"iss", "olivier@example.org"},
          {"sub", "gordon@blackmesa.us"},
          {"dev", key("phone").public_key().id()},
          {"jti", id},
          {"iat", at(0).time_since_epoch().count()},
          {"exp", at(60).time_since_epoch().count()},
          {"box", base64url(sealed(plain, receiver))}};
}

// Signed by a device of olivier@example.org, for gordon's phone.
std::string signal(std::string_view plain, std::string_view signer = "laptop") {
  return Jws::sign(key(signer), signal_typ, payload(plain)).text();
}

std::string greeted() {
  return signal(padded(bound(greeting)));
}

Json input(const std::string& jws, std::int64_t now = 10, std::string_view receiver = "gordon@blackmesa.us",
           std::string_view device = "phone") {
  return {{"jws", jws},
          {"operations", {sample::create().text()}},
          {"receiver", receiver},
          {"seed", base64url(key(device).seed())},
          {"now", at(now).time_since_epoch().count()}};
}

void refuse_formats(Cases& cases) {
  const auto refuse = [&](std::string_view name, std::string_view rule, std::string_view about, const Json& change) {
    cases.refuse("signal", name, rule, about, input(sample::changed(greeted(), change, "laptop")));
  };
  cases.refuse("signal", "typ-operation", "JWS-5", "an operation as a signal", input(sample::create().text()));
  refuse("8001-bytes", "JWS-1", "a signal that is too long", {{"later", std::string(4'227, 'x')}});
  refuse("iss-upper-case", "SGN-2", "an address in another spelling", {{"iss", "Olivier@example.org"}});
  refuse("sub-no-address", "SGN-2", "for nobody", {{"sub", "example.org"}});
  refuse("dev-short", "SGN-3", "a device's id of 31 bytes", {{"dev", base64url(Bytes(31))}});
  refuse("jti-15-bytes", "SGN-4", "an id that is too short", {{"jti", base64url(Bytes(15))}});
  refuse("jti-number", "SGN-4", "an id that is no text", {{"jti", 1}});
  refuse("life-too-long", "SGN-5", "61 seconds", {{"exp", at(61).time_since_epoch().count()}});
  refuse("life-none", "SGN-5", "over when it begins", {{"exp", at(0).time_since_epoch().count()}});
  refuse("box-1071-bytes", "SGN-6", "a box of a length that tells something", {{"box", base64url(Bytes(1'071))}});
  refuse("box-missing", "SGN-6", "no box", {{"box", nullptr}});
}

void refuse_senders(Cases& cases) {
  const auto refuse = [&](std::string_view name, std::string_view rule, std::string_view about, const Json& input) {
    cases.refuse("signal", name, rule, about, input);
  };
  Json of_gordon = input(greeted());
  of_gordon["operations"] = {sample::create(sample::state("gordon@blackmesa.us")).text()};
  refuse("other-sender", "SGN-10", "the signal of another person", of_gordon);
  refuse("other-device", "SGN-11", "signed by a device that the sender does not have",
         input(signal(padded(bound(greeting, "phone")), "phone")));
  refuse("identity-key", "SGN-11", "signed by the identity key instead of a device's",
         input(signal(padded(bound(greeting, "identity")), "identity")));
  refuse("forged", "JWS-10", "a signature that nobody made", input(sample::forged(greeted())));
  refuse("not-yet-valid", "SGN-12", "more than 300 seconds in the future", input(greeted(), -301));
  refuse("expired", "SGN-12", "300 seconds after its end", input(greeted(), 360));
}

void refuse_receivers(Cases& cases) {
  const auto refuse = [&](std::string_view name, std::string_view rule, std::string_view about, const Json& input) {
    cases.refuse("signal", name, rule, about, input);
  };
  refuse("other-receiver", "SGN-13", "the signal for another person", input(greeted(), 10, "alyx@blackmesa.us"));
  refuse("other-receiving-device", "SGN-13", "the signal for another device of his",
         input(greeted(), 10, "gordon@blackmesa.us", "tablet"));
  const std::string elsewhere = base64url(sealed(padded(bound(greeting)), "tablet"));
  refuse("box-of-another-device", "SGN-14", "sealed to another key than it says",
         input(sample::changed(greeted(), {{"box", elsewhere}}, "laptop")));
  refuse("box-of-another-signal", "SGN-8", "a box that was taken out of another signal",
         input(sample::changed(greeted(), {{"jti", "DwAOAQ0CDAMLBAoFCQYIBw"}}, "laptop")));
  refuse("box-of-another-sender", "SGN-8", "a box that another device sealed",
         input(signal(padded(bound(greeting, "desktop")))));
  refuse("padding-missing", "SGN-8", "zeros, and no mark before them", input(signal([] {
           std::string plain = bound(greeting);
           plain.resize(1'024, '\0');
           return plain;
         }())));
  refuse("padding-not-zero", "SGN-8", "something after the mark", input(signal([] {
           std::string plain = padded(bound(greeting));
           plain.back() = '\1';
           return plain;
         }())));
}

}  // namespace

void add_signals(Cases& cases) {
  if (sodium_init() < 0) std::abort();
  const auto accept = [&](std::string_view name, std::string_view about, const Json& input) {
    cases.accept("signal", name, about, input);
  };
  accept("short", "a greeting, read ten seconds after it was signed", input(greeted()));
  accept("empty", "nothing said", input(signal(padded(bound("")))));
  accept("mark-within", "a message that ends like the padding",
         input(signal(padded(bound(std::string("ends with \x01\x00\x00", 12))))));
  accept("longer", "the middle length", input(signal(padded(bound(std::string(1'500, 'x')), 2'048))));
  accept("longest", "as much as there is room for",
         input(signal(padded(bound(std::string(max_signal_message, 'x')), 3'584))));
  accept("early", "by a clock that is 300 seconds behind", input(greeted(), -300));
  accept("late", "by a clock that is 299 seconds ahead when it ends", input(greeted(), 359));
  refuse_formats(cases);
  refuse_senders(cases);
  refuse_receivers(cases);
}

}  // namespace pd::vectors
