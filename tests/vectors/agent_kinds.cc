#include "agent/rpc.h"
#include "kinds.h"

namespace pd::vectors {
namespace {

// {"line"} → {"id","method","params"}: a line of a client, without its line feed, as the agent reads it. An id that is
// not there is null.
Result<Json> agent(const Json& input) {
  const auto request = pd::agent::parse_request(input.at("line").get_ref<const std::string&>());
  if (!request) return tl::unexpected(request.error().error);
  return Json{{"id", request->id}, {"method", request->method}, {"params", request->params}};
}

constexpr Kind table[] = {
    {"agent", agent},
};

}  // namespace

std::span<const Kind> agent_kinds() {
  return table;
}

}  // namespace pd::vectors
