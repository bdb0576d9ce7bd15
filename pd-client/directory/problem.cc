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

constexpr std::string_view clock_hint = "compare the clock of this machine with the right time";
constexpr std::string_view again_hint = "run the same command again";
constexpr std::string_view invite_hint = "ask whoever runs that domain for an invite code: --invite CODE";
constexpr std::string_view name_hint = "choose another name";
constexpr std::string_view policy_hint = "the two domains do not both trust each other: ask whoever runs yours";
constexpr std::string_view domain_hint = "check the spelling of the domain; if it is right, try again later";
constexpr std::string_view lie_hint = "nothing of it was believed; whoever runs that domain should know";

// The names of schema/openapi.yaml that mean more than their status.
constexpr Meaning meanings[] = {
    {"nobody", Kind::failed, ""},  // a word without proof: the absence of a name is signed (API-10)
    {"bad-signature", Kind::failed, again_hint},
    {"wrong-key", Kind::failed, "these keys are no longer yours; if somebody took them: pdctl recover"},
    {"not-allowed", Kind::failed, ""},
    {"expired", Kind::failed, clock_hint},
    {"not-yet-valid", Kind::failed, clock_hint},
    {"challenge-expired", Kind::failed, again_hint},
    {"challenge-used", Kind::failed, again_hint},
    {"conflict", Kind::failed, again_hint},
    {"name-taken", Kind::failed, name_hint},
    {"name-tombstoned", Kind::failed, name_hint},
    {"name-reserved", Kind::refused, name_hint},
    {"registration-closed", Kind::refused, "ask whoever runs that domain"},
    {"invite-required", Kind::refused, invite_hint},
    {"invite-unknown", Kind::refused, invite_hint},
    {"policy", Kind::refused, policy_hint},
    {"refused-by-remote", Kind::refused, policy_hint},
    {"rate-limited", Kind::unreachable, ""},
    {"remote-unreachable", Kind::unreachable, domain_hint},
    {"remote-lying", Kind::unverified, lie_hint},
    {"remote-key-changed", Kind::unverified, lie_hint},
};

// What the status alone says (RFC 9110, section 15).
Kind kind_of(int status) {
  if (status == 403) return Kind::refused;
  return status >= 500 || status == 429 ? Kind::unreachable : Kind::failed;
}

// A server's words end up on a terminal: printable, one line, not too many.
std::string printable(std::string_view text) {
  std::string clean(text.substr(0, max_detail));
  std::replace_if(
      clean.begin(), clean.end(), [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
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
  if (const auto rule = printable(member(json, "rule")); !rule.empty()) detail += " (" + rule + ")";
  const std::string what = api.authority() + (answer.status >= 500 ? " cannot answer: " : " refuses: ") + detail;

  const auto* known =
      std::find_if(std::begin(meanings), std::end(meanings), [&](const Meaning& m) { return m.name == name; });
  const bool is_known = known != std::end(meanings);
  std::string hint(is_known ? known->hint : "");
  if (const auto wait = answer.header("retry-after"); !wait.empty())
    hint = "try again in " + printable(wait) + " seconds";
  return {is_known ? known->kind : kind_of(answer.status), answer.status, name, what, hint};
}

}  // namespace pd::directory
