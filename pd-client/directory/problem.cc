#include "directory/problem.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "identity/json.h"

namespace pd::directory {
namespace {

constexpr std::string_view prefix = "urn:pd:problem:";
constexpr std::size_t max_detail = 300;

struct Meaning {
  std::string_view name;
  Kind kind;
  std::string_view hint;
};

constexpr Meaning meanings[] = {
    {"policy", Kind::refused, "the two servers do not trust each other: ask whoever runs yours"},
};

Kind kind_of(int status) {
  if (status == 403) return Kind::refused;
  if (status == 404) return Kind::nobody;
  return status >= 500 ? Kind::unreachable : Kind::failed;
}

// A server's words end up on a terminal: printable, one line, not too many.
std::string printable(std::string_view text) {
  std::string clean(text.substr(0, max_detail));
  std::replace_if(clean.begin(), clean.end(), [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
  return clean;
}

std::string member(const identity::Json& json, std::string_view name) {
  return identity::string_member(json, name, "").value_or("");
}

}  // namespace

Problem problem_of(const HttpAnswer& answer, const Origin& api) {
  const auto json = identity::parse_object(answer.body).value_or(identity::Json::object());
  const auto type = member(json, "type");
  const std::string name = type.starts_with(prefix) ? type.substr(prefix.size()) : "";
  auto detail = printable(member(json, "detail"));
  if (detail.empty()) detail = printable(member(json, "title"));
  if (detail.empty()) detail = "status " + std::to_string(answer.status);
  const std::string what = api.authority() + " refuses: " + detail;

  const auto* known = std::find_if(std::begin(meanings), std::end(meanings), [&](const Meaning& m) { return m.name == name; });
  if (known != std::end(meanings)) return {known->kind, answer.status, name, what, std::string(known->hint)};
  std::string hint;
  if (const auto wait = answer.header("retry-after"); !wait.empty()) hint = "try again in " + printable(wait) + " seconds";
  return {kind_of(answer.status), answer.status, name, what, hint};
}

}  // namespace pd::directory
