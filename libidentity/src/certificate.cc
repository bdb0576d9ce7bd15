#include "identity/certificate.h"

#include <algorithm>
#include <optional>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "openssl.h"

namespace pd::identity {
namespace {

using Certificate = Owned<X509, X509_free>;
using Extension = Owned<X509_EXTENSION, X509_EXTENSION_free>;
using Names = Owned<GENERAL_NAMES, GENERAL_NAMES_free>;

constexpr std::size_t max_certificate = 4'096;
constexpr std::size_t serial_size = 16;
constexpr long x509_v3 = 2;  // RFC 5280, section 4.1.2.1: counted from 0
constexpr Seconds backdate{24 * 3600};
constexpr int lifetime_days = 3650;
constexpr std::string_view uri_scheme = "acct:";

void set_serial(X509* certificate) {
  Bytes bytes = random_bytes(serial_size);
  bytes[0] = static_cast<std::uint8_t>((bytes[0] & 0x7f) | 0x40);  // positive, and of one length
  const OwnedBigNumber number(BN_bin2bn(bytes.data(), serial_size, nullptr));
  require(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)), "setting the serial number");
}

void set_validity(X509* certificate, Time now) {
  const std::time_t start = (now - backdate).time_since_epoch().count();
  require(ASN1_TIME_set(X509_getm_notBefore(certificate), start) &&
              ASN1_TIME_adj(X509_getm_notAfter(certificate), start, lifetime_days, 0),
          "setting the validity");
}

// The value comes from us alone: letters, digits and "acct:@._-", nothing that the little language of X509V3_EXT would
// take for something else.
void add_extension(X509* certificate, int nid, const std::string& value) {
  const Extension extension(X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()));
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "adding an extension");
}

tl::unexpected<Error> bad(std::string_view rule, std::string_view problem) {
  return fail(Reason::malformed, rule, "certificate: " + std::string(problem));
}

Result<PublicKey> read_key(X509* certificate) {
  EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (!key || EVP_PKEY_get_id(key) != EVP_PKEY_ED25519) {
    return fail(Reason::unsupported, "CERT-4", "certificate: its key is not Ed25519");
  }
  std::array<std::uint8_t, 32> raw{};
  std::size_t size = raw.size();
  require(EVP_PKEY_get_raw_public_key(key, raw.data(), &size) == 1, "EVP_PKEY_get_raw_public_key");
  return PublicKey::from_raw(raw);
}

std::optional<std::string_view> acct_uri(const GENERAL_NAME* name) {
  int type = 0;
  const auto* value = static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(name, &type));
  if (type != GEN_URI) return std::nullopt;
  const std::string_view uri(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                             static_cast<std::size_t>(ASN1_STRING_length(value)));
  return uri.starts_with(uri_scheme) ? std::optional(uri) : std::nullopt;
}

Result<Address> read_address(X509* certificate) {
  // Null too when the extension comes twice.
  const Names names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (!names) return bad("CERT-5", "not one subjectAltName");
  std::optional<std::string_view> found;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto uri = acct_uri(sk_GENERAL_NAME_value(names.get(), i));
    if (uri && found) return bad("CERT-5", "more than one acct: URI");
    if (uri) found = uri;
  }
  if (!found) return bad("CERT-5", "no acct: URI");
  return Address::parse(*found);
}

}  // namespace

std::string device_certificate(const PrivateKey& device_key, const Address& address, Time now) {
  const Certificate certificate(X509_new());
  require(certificate != nullptr, "X509_new");
  X509* const x509 = certificate.get();
  require(X509_set_version(x509, x509_v3) == 1, "X509_set_version");
  set_serial(x509);
  set_validity(x509, now);
  // Critical, because the subject is empty (RFC 5280, section 4.2.1.6).
  add_extension(x509, NID_subject_alt_name, "critical,URI:" + address.uri());
  add_extension(x509, NID_key_usage, "critical,digitalSignature");
  require(X509_set_pubkey(x509, device_key.native()) == 1, "X509_set_pubkey");
  require(X509_sign(x509, device_key.native(), nullptr) > 0, "X509_sign");

  const OwnedBio out(BIO_new(BIO_s_mem()));
  require(out && PEM_write_bio_X509(out.get(), x509) == 1, "PEM_write_bio_X509");
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

Result<PeerClaim> read_peer_certificate(ByteView der) {
  if (der.size() > max_certificate) return fail(Reason::too_large, "CERT-3", "certificate: too long");
  const ErrorMark mark;
  const std::uint8_t* position = der.data();
  const Certificate certificate(d2i_X509(nullptr, &position, static_cast<long>(der.size())));
  if (!certificate) return bad("CERT-3", "not X.509 in DER");
  if (position != der.data() + der.size()) return bad("CERT-3", "something follows it");
  const auto key = read_key(certificate.get());
  if (!key) return tl::unexpected(key.error());
  return read_address(certificate.get()).map([&](Address&& address) { return PeerClaim{std::move(address), *key}; });
}

}  // namespace pd::identity
