// Private keys at rest: PKCS#8 in PEM (RFC 5958, RFC 7468, RFC 8410), rules KEY-7 and KEY-8.
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "identity/key.h"
#include "openssl.h"

namespace pd::identity {
namespace {

using EncryptedKey = Owned<X509_SIG, X509_SIG_free>;
using PlainKey = Owned<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;
using Algorithm = Owned<X509_ALGOR, X509_ALGOR_free>;

constexpr std::size_t max_pem = 16 * 1024;
constexpr std::string_view plain_label = "-----BEGIN PRIVATE KEY-----";
constexpr std::string_view encrypted_label = "-----BEGIN ENCRYPTED PRIVATE KEY-----";

// scrypt (RFC 7914) with 16 MiB, the most that OpenSSL reads back without being told to, and five passes: about 0.2 s.
constexpr std::uint64_t scrypt_n = 16'384;
constexpr std::uint64_t scrypt_r = 8;
constexpr std::uint64_t scrypt_p = 5;
constexpr int salt_size = 16;

OwnedBio reading(std::string_view text) {
  OwnedBio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  require(bio != nullptr, "BIO_new_mem_buf");
  return bio;
}

// A buffer that OpenSSL wipes when it is freed.
OwnedBio writing() {
  OwnedBio bio(BIO_new(BIO_s_secmem()));
  require(bio != nullptr, "BIO_new");
  return bio;
}

std::string text_of(const OwnedBio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

Result<PlainKey> read_encrypted(std::string_view pem, std::optional<std::string_view> passphrase) {
  if (!passphrase) return fail(Reason::crypto, "KEY-8", "private key: it is encrypted, a passphrase is needed");
  const EncryptedKey encrypted(PEM_read_bio_PKCS8(reading(pem).get(), nullptr, nullptr, nullptr));
  if (!encrypted) return fail(Reason::malformed, "KEY-7", "private key: not PKCS#8 in PEM");
  PlainKey plain(PKCS8_decrypt(encrypted.get(), passphrase->data(), static_cast<int>(passphrase->size())));
  if (!plain) return fail(Reason::crypto, "KEY-8", "private key: wrong passphrase");
  return plain;
}

Result<PlainKey> read_plain(std::string_view pem) {
  PlainKey plain(PEM_read_bio_PKCS8_PRIV_KEY_INFO(reading(pem).get(), nullptr, nullptr, nullptr));
  if (!plain) return fail(Reason::malformed, "KEY-7", "private key: not PKCS#8 in PEM");
  return plain;
}

EncryptedKey encrypt(const PlainKey& plain, std::string_view passphrase) {
  Bytes salt = random_bytes(salt_size);
  Algorithm algorithm(
      PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt.data(), salt_size, nullptr, scrypt_n, scrypt_r, scrypt_p));
  require(algorithm != nullptr, "PKCS5_pbe2_set_scrypt");
  EncryptedKey encrypted(
      PKCS8_set0_pbe(passphrase.data(), static_cast<int>(passphrase.size()), plain.get(), algorithm.get()));
  require(encrypted != nullptr, "PKCS8_set0_pbe");
  algorithm.release();  // it belongs to `encrypted` now
  return encrypted;
}

}  // namespace

bool pem_is_encrypted(std::string_view pem) {
  return pem.find(encrypted_label) != std::string_view::npos;
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem, std::optional<std::string_view> passphrase) {
  if (pem.size() > max_pem) return fail(Reason::malformed, "KEY-7", "private key: too long");
  if (!pem_is_encrypted(pem) && pem.find(plain_label) == std::string_view::npos) {
    const bool other = pem.find("-----BEGIN ") != std::string_view::npos;
    return fail(other ? Reason::unsupported : Reason::malformed, "KEY-7", "private key: not PKCS#8 in PEM");
  }
  const ErrorMark mark;
  const auto plain = pem_is_encrypted(pem) ? read_encrypted(pem, passphrase) : read_plain(pem);
  if (!plain) return tl::unexpected(plain.error());
  Handle key(EVP_PKCS82PKEY(plain->get()));
  if (!key) return fail(Reason::malformed, "KEY-7", "private key: cannot be read");
  if (EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
    return fail(Reason::unsupported, "KEY-7", "private key: not an Ed25519 key");
  }
  return from_native(std::move(key));
}

std::string PrivateKey::pem(std::optional<std::string_view> passphrase) const {
  const OwnedBio out = writing();
  const PlainKey plain(EVP_PKEY2PKCS8(key_.get()));
  require(plain != nullptr, "EVP_PKEY2PKCS8");
  if (passphrase) {
    require(PEM_write_bio_PKCS8(out.get(), encrypt(plain, *passphrase).get()) == 1, "PEM_write_bio_PKCS8");
  } else {
    require(PEM_write_bio_PKCS8_PRIV_KEY_INFO(out.get(), plain.get()) == 1, "PEM_write_bio_PKCS8_PRIV_KEY_INFO");
  }
  return text_of(out);
}

}  // namespace pd::identity
