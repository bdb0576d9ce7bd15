#include "identity/sealed_box.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <utility>

#include <sodium.h>

namespace pd::identity {
namespace {

static_assert(sealed_box_overhead == crypto_box_SEALBYTES);

void start_sodium() {
  // libsodium's own start is safe from several threads, and does nothing the second time.
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot start");
}

using BoxPublicKey = std::array<unsigned char, crypto_box_PUBLICKEYBYTES>;

// Every PublicKey is a point that has another form: those of small order were refused when it was read (KEY-3).
BoxPublicKey box_key(const PublicKey& key) {
  BoxPublicKey converted{};
  if (crypto_sign_ed25519_pk_to_curve25519(converted.data(), key.raw().data()) != 0) {
    throw std::runtime_error("libsodium: an Ed25519 key has no X25519 form");
  }
  return converted;
}

// The private half; overwritten when it goes.
class BoxSecretKey {
 public:
  explicit BoxSecretKey(const PrivateKey& key) {
    std::array<unsigned char, crypto_sign_SECRETKEYBYTES> whole{};  // seed, then public key
    Bytes seed = key.seed();
    std::copy(seed.begin(), seed.end(), whole.begin());
    wipe(seed);
    std::ranges::copy(key.public_key().raw(), whole.begin() + crypto_sign_SEEDBYTES);
    crypto_sign_ed25519_sk_to_curve25519(bytes_.data(), whole.data());
    sodium_memzero(whole.data(), whole.size());
  }
  ~BoxSecretKey() { sodium_memzero(bytes_.data(), bytes_.size()); }
  BoxSecretKey(const BoxSecretKey&) = delete;
  BoxSecretKey& operator=(const BoxSecretKey&) = delete;

  const unsigned char* data() const { return bytes_.data(); }

 private:
  std::array<unsigned char, crypto_box_SECRETKEYBYTES> bytes_{};
};

}  // namespace

Bytes seal(const PublicKey& receiver, ByteView message) {
  start_sodium();
  const BoxPublicKey key = box_key(receiver);
  Bytes box(message.size() + sealed_box_overhead);
  if (crypto_box_seal(box.data(), message.data(), message.size(), key.data()) != 0) {
    throw std::runtime_error("libsodium: sealing failed");
  }
  return box;
}

Result<Secret> open(const PrivateKey& receiver, ByteView box) {
  start_sodium();
  const auto refuse = [] { return fail(Reason::malformed, "SGN-14", "the box does not open with this device's key"); };
  if (box.size() < sealed_box_overhead) return refuse();
  const BoxPublicKey public_key = box_key(receiver.public_key());
  const BoxSecretKey secret_key(receiver);
  std::string message(box.size() - sealed_box_overhead, '\0');
  auto* out = reinterpret_cast<unsigned char*>(message.data());
  if (crypto_box_seal_open(out, box.data(), box.size(), public_key.data(), secret_key.data()) != 0) {
    wipe(message);
    return refuse();
  }
  return Secret(std::move(message));
}

}  // namespace pd::identity
