#include "api/problem.h"

#include <algorithm>
#include <utility>

#include "federation/remote.h"
#include "identity/json.h"
#include "identity/result.h"
#include "service/refusal.h"
#include "service/storage.h"

namespace pd::api {
namespace {

using federation::Trouble;
using identity::Reason;
using service::Refused;

struct Kind {
  std::string_view name;
  unsigned status;
  std::string_view title;
};

// Every problem there is.
// clang-format off
constexpr Kind kinds[] = {
    {"bad-signature",            403, "The signature does not verify"},
    {"busy",                     503, "The server is busy"},
    {"challenge-expired",        401, "The challenge has expired"},
    {"challenge-unknown",        401, "Not a challenge of this server"},
    {"challenge-used",           401, "The challenge was used before"},
    {"conflict",                 409, "Changed by somebody else meanwhile"},
    {"device-removed",           410, "Not a device of that person now"},
    {"expectation-failed",       417, "The expectation cannot be met"},
    {"expired",                  400, "Too old"},
    {"headers-too-large",        431, "The header fields are too large"},
    {"internal",                 500, "The server failed"},
    {"invite-required",          403, "An invitation is needed"},
    {"invite-unknown",           403, "The invitation is not valid"},
    {"malformed",                400, "Not in the required format"},
    {"method-not-allowed",       405, "This method is not for this path"},
    {"name-reserved",            403, "The name is reserved"},
    {"name-taken",               409, "The name is taken"},
    {"name-tombstoned",          409, "The name was removed"},
    {"nobody",                   404, "Nobody has this name"},
    {"not-allowed",              403, "Forbidden by the rules"},
    {"not-found",                404, "Nothing is here"},
    {"not-implemented",          501, "Not implemented"},
    {"not-our-domain",           421, "A name of another domain"},
    {"not-yet-valid",            400, "Dated in the future"},
    {"out-of-order",             409, "Does not follow what is known"},
    {"policy",                   403, "Refused by the trust policy"},
    {"rate-limited",             429, "Too many requests"},
    {"refused-by-remote",        403, "Refused by the other domain"},
    {"registration-closed",      403, "Registration is closed"},
    {"remote-forbidden-address", 502, "The other domain's name leads nowhere it may lead"},
    {"remote-key-changed",       502, "The other domain's key changed"},
    {"remote-lying",             502, "The other domain's answer does not verify"},
    {"remote-unreachable",       504, "The other domain does not answer"},
    {"signal-replayed",          409, "The signal was taken before"},
    {"signature-required",       401, "The request must be signed"},
    {"target-too-long",          414, "The target is too long"},
    {"timeout",                  408, "The request took too long"},
    {"too-large",                413, "Larger than allowed"},
    {"unavailable",              503, "The server cannot do this now"},
    {"unsupported",              400, "A version or algorithm that is not supported"},
    {"version-not-supported",    505, "Not HTTP/1.1"},
    {"wrong-content-type",       415, "The body is of another type"},
    {"wrong-host",               421, "Not a name of this server"},
    {"wrong-key",                403, "Signed by a key that has no say here"},
    {"wrong-subject",            400, "Genuine, but about something else"},
};
// clang-format on

constexpr identity::Seconds busy_pause{1};
constexpr identity::Seconds storage_pause{5};

const Kind& kind_of(std::string_view name) {
  const auto* found = std::ranges::find(kinds, name, &Kind::name);
  return found != std::ranges::end(kinds) ? *found : *std::ranges::find(kinds, "internal", &Kind::name);
}

// A rule broken by what was signed: an operation or an endpoint record.
std::string_view of_reason(Reason reason) {
  // clang-format off
  switch (reason) {
    case Reason::malformed:     return "malformed";
    case Reason::unsupported:   return "unsupported";
    case Reason::too_large:     return "too-large";
    case Reason::bad_signature: return "bad-signature";
    case Reason::wrong_key:     return "wrong-key";
    case Reason::wrong_subject: return "wrong-subject";
    case Reason::expired:       return "expired";
    case Reason::not_yet_valid: return "not-yet-valid";
    case Reason::out_of_order:  return "out-of-order";
    case Reason::not_allowed:   return "not-allowed";
    case Reason::crypto:        break;
  }
  // clang-format on
  return "internal";
}

std::string_view of_refused(Refused why) {
  // clang-format off
  switch (why) {
    case Refused::malformed:             return "malformed";
    case Refused::wrong_domain:          return "not-our-domain";
    case Refused::nobody:                return "nobody";
    case Refused::unsigned_request:      return "signature-required";
    case Refused::bad_request_signature: return "bad-signature";
    case Refused::challenge_unknown:     return "challenge-unknown";
    case Refused::challenge_expired:     return "challenge-expired";
    case Refused::challenge_used:        return "challenge-used";
    case Refused::bad_record:            return "malformed";
    case Refused::registration_closed:   return "registration-closed";
    case Refused::invite_required:       return "invite-required";
    case Refused::invite_unknown:        return "invite-unknown";
    case Refused::name_taken:            return "name-taken";
    case Refused::name_reserved:         return "name-reserved";
    case Refused::name_tombstoned:       return "name-tombstoned";
    case Refused::conflict:              return "conflict";
    case Refused::policy:                return "policy";
    case Refused::device_removed:        return "device-removed";
    case Refused::signal_replayed:       return "signal-replayed";
    case Refused::rate_limited:          return "rate-limited";
    case Refused::busy:                  return "busy";
  }
  // clang-format on
  return "internal";
}

Problem problem_of_trouble(Trouble trouble) {
  switch (trouble) {
    case Trouble::refused_by_policy:
      return Problem("policy", "This server does not ask that domain.");
    case Trouble::refused_by_remote:
      return Problem("refused-by-remote", "That domain does not answer this server.");
    case Trouble::unreachable:
      return Problem("remote-unreachable", "That domain could not be reached in time.");
    case Trouble::busy:
      return Problem("busy", "This server has no room now to ask that domain.");
    case Trouble::forbidden_address:
      return Problem("remote-forbidden-address",
                     "That domain's name leads to a loopback, link-local or private address.");
    case Trouble::lying:
      return Problem("remote-lying", "That domain answered, but what it said is not proven.");
    case Trouble::key_changed:
      return Problem("remote-key-changed", "That domain shows a key which the one before did not sign.");
  }
  return Problem("internal");
}

Problem problem_of_refusal(const service::Refusal& refusal) {
  const auto& cause = refusal.cause();
  const bool about_request = refusal.why() == Refused::bad_request_signature;
  const bool by_cause = cause && (about_request || refusal.why() == Refused::bad_record);
  Problem out(by_cause ? of_reason(cause->reason) : of_refused(refusal.why()), refusal.what());
  // The signature of the request itself is at fault: whoever asks has not proven who they are (RFC 9110,
  // section 15.5.2).
  const bool unreadable = cause && (cause->reason == Reason::malformed || cause->reason == Reason::unsupported);
  if (about_request && !unreadable && out.status < 500) out.status = 401;
  if (cause) out.rule = cause->rule;
  out.retry_after = refusal.retry_after();
  return out;
}

}  // namespace

Problem::Problem(std::string_view of, std::string what)
    : status(kind_of(of).status), name(kind_of(of).name), title(kind_of(of).title), detail(std::move(what)) {}

http::Response Problem::response() const {
  identity::Json body = {{"type", "urn:pd:problem:" + std::string(name)}, {"title", title}, {"status", status}};
  if (!detail.empty()) body["detail"] = detail;
  if (!rule.empty()) body["rule"] = rule;
  if (retry_after) body["retry_after"] = retry_after->count();
  // A detail may quote the request, which need not be UTF-8.
  auto text = body.dump(-1, ' ', false, identity::Json::error_handler_t::replace);
  auto out = http::Response::of(status, "application/problem+json", std::move(text));
  out.headers.emplace_back("Cache-Control", "no-store");
  if (retry_after) out.headers.emplace_back("Retry-After", std::to_string(retry_after->count()));
  if (status == 401) out.headers.emplace_back("WWW-Authenticate", "Signature");
  return out;
}

Problem problem_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Rejected& rejected) {
    return rejected.problem();
  } catch (const service::Refusal& refusal) {
    return problem_of_refusal(refusal);
  } catch (const federation::RemoteError& remote) {
    Problem out = problem_of_trouble(remote.trouble());
    out.rule = remote.rule();
    return out;
  } catch (const service::StorageBusy&) {
    Problem out = problem_of_status(503);
    out.retry_after = busy_pause;
    return out;
  } catch (const service::StorageFailure&) {
    return storage_fails();
  } catch (...) {
    return problem_of_status(500);
  }
}

Problem problem_of_status(unsigned status) {
  // clang-format off
  switch (status) {
    case 400: return Problem("malformed", "The request is not valid HTTP.");
    case 404: return Problem("not-found", "No such path.");
    case 405: return Problem("method-not-allowed", "See the header Allow.");
    case 408: return Problem("timeout");
    case 413: return Problem("too-large", "The body is too large.");
    case 414: return Problem("target-too-long");
    case 417: return Problem("expectation-failed");
    case 431: return Problem("headers-too-large");
    case 501: return Problem("not-implemented");
    case 503: return Problem("busy");
    case 505: return Problem("version-not-supported");
    default:  return Problem("internal");
  }
  // clang-format on
}

Problem misdirected() {
  return Problem("wrong-host", "The request is for another host.");
}

Problem storage_fails() {
  Problem out("unavailable", "Its storage does not work; try again.");
  out.retry_after = storage_pause;
  return out;
}

std::string hidden_cause(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Rejected&) {
  } catch (const service::Refusal&) {
  } catch (const federation::RemoteError& remote) {
    return std::string("another domain: ") + remote.what();
  } catch (const std::exception& other) {
    return other.what();
  } catch (...) {
    return "an unknown exception";
  }
  return {};
}

}  // namespace pd::api
