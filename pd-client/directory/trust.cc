#include "directory/trust.h"

namespace pd::directory {

Trust trust_of(const ContactPin& pin, const identity::PublicKey& key) {
  if (!pin.verified_key) return Trust::seen;
  return *pin.verified_key == key ? Trust::verified : Trust::rekeyed;
}

std::string_view text_of(Trust trust) {
  switch (trust) {
    case Trust::verified:
      return "verified";
    case Trust::rekeyed:
      return "rekeyed";
    default:
      return "seen";
  }
}

Trust trust_named(std::string_view text) {
  for (const auto trust : {Trust::verified, Trust::rekeyed})
    if (text == text_of(trust)) return trust;
  return Trust::seen;
}

}  // namespace pd::directory
