#include "identity/address.h"
#include "identity/key.h"
#include "identity/recovery_words.h"
#include "identity/safety_number.h"
#include "kinds.h"

namespace pd::vectors {
namespace {

using namespace pd::identity;  // NOLINT: a test, and all of it is about that namespace

std::string text(const Json& input, const char* name) {
  return input.at(name).get<std::string>();
}

// {"text"} → {"local","domain","text","uri"}
Result<Json> address(const Json& input) {
  return Address::parse(text(input, "text")).map([](const Address& address) {
    return Json{{"local", address.local()},
                {"domain", address.domain().text()},
                {"text", address.text()},
                {"uri", address.uri()}};
  });
}

constexpr Kind kinds[] = {
    {"address", address},
};

}  // namespace

std::span<const Kind> base_kinds() {
  return kinds;
}

}  // namespace pd::vectors
