#include "call/message.h"
#include "kinds.h"

namespace pd::vectors {
namespace {

// {"message": text} → the message as we would write it.
Result<Json> call(const Json& input) {
  const auto message = pd::call::parse_message(input.at("message").get<std::string>());
  if (!message) return tl::unexpected(message.error());
  const auto written = pd::call::write_message(*message);
  if (!written) return tl::unexpected(written.error());
  return Json::parse(*written);
}

}  // namespace

std::span<const Kind> call_kinds() {
  static constexpr Kind kinds[] = {
      {"call", call},
  };
  return kinds;
}

}  // namespace pd::vectors
