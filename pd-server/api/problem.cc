#include "api/problem.h"

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
  unsigned status;
  std::string_view name;
  std::string_view title;
};

constexpr identity::Seconds busy_pause{1};
constexpr identity::Seconds storage_pause{5};

// A rule broken by what was signed: an operation or an endpoint record.
Kind of_reason(Reason reason) {
  // clang-format off
  switch (reason) {
    case Reason::malformed:     return {400, "malformed", "Not in the required format"};
    case Reason::unsupported:   return {400, "unsupported", "A version or algorithm that is not supported"};
    case Reason::too_large:     return {413, "too-large", "Larger than allowed"};
    case Reason::bad_signature: return {403, "bad-signature", "The signature does not verify"};
    case Reason::wrong_key:     return {403, "wrong-key", "Signed by a key that has no say here"};
    case Reason::wrong_subject: return {400, "wrong-subject", "Genuine, but about something else"};
    case Reason::expired:       return {400, "expired", "Too old"};
    case Reason::not_yet_valid: return {400, "not-yet-valid", "Dated in the future"};
    case Reason::out_of_order:  return {409, "out-of-order", "Does not follow what is known"};
    case Reason::not_allowed:   return {403, "not-allowed", "Forbidden by the rules"};
    case Reason::crypto:        break;
  }
  // clang-format on
  return {500, "internal", "The server failed"};
}

// The same broken by the signature of the request itself: whoever asks has not proven who they are (RFC 9110,
// section 15.5.2).
Kind of_request_signature(Reason reason) {
  Kind kind = of_reason(reason);
  if (reason != Reason::malformed && reason != Reason::unsupported && kind.status < 500) kind.status = 401;
  return kind;
}

Kind of_refused(Refused why) {
  // clang-format off
  switch (why) {
    case Refused::malformed:             return {400, "malformed", "Not in the required format"};
    case Refused::wrong_domain:          return {421, "not-our-domain", "A name of another domain"};
    case Refused::nobody:                return {404, "nobody", "Nobody has this name"};
    case Refused::unsigned_request:      return {401, "signature-required", "The request must be signed"};
    case Refused::bad_request_signature: return {401, "bad-signature", "The signature does not verify"};
    case Refused::challenge_unknown:     return {401, "challenge-unknown", "Not a challenge of this server"};
    case Refused::challenge_expired:     return {401, "challenge-expired", "The challenge has expired"};
    case Refused::challenge_used:        return {401, "challenge-used", "The challenge was used before"};
    case Refused::bad_record:            return {400, "malformed", "Not in the required format"};
    case Refused::registration_closed:   return {403, "registration-closed", "Registration is closed"};
    case Refused::invite_required:       return {403, "invite-required", "An invitation is needed"};
    case Refused::invite_unknown:        return {403, "invite-unknown", "The invitation is not valid"};
    case Refused::name_taken:            return {409, "name-taken", "The name is taken"};
    case Refused::name_reserved:         return {403, "name-reserved", "The name is reserved"};
    case Refused::name_tombstoned:       return {409, "name-tombstoned", "The name was removed"};
    case Refused::conflict:              return {409, "conflict", "Changed by somebody else meanwhile"};
    case Refused::policy:                return {403, "policy", "Refused by the trust policy"};
    case Refused::rate_limited:          return {429, "rate-limited", "Too many requests"};
    case Refused::busy:                  return {503, "busy", "The server is busy"};
  }
  // clang-format on
  return {500, "internal", "The server failed"};
}

struct RemoteKind {
  Kind kind;
  std::string_view detail;
};

RemoteKind of_trouble(Trouble trouble) {
  switch (trouble) {
    case Trouble::refused_by_policy:
      return {{403, "policy", "Refused by the trust policy"}, "This server does not ask that domain."};
    case Trouble::refused_by_remote:
      return {{403, "refused-by-remote", "Refused by the other domain"}, "That domain does not answer this server."};
    case Trouble::unreachable:
      return {{504, "remote-unreachable", "The other domain does not answer"},
              "That domain could not be reached in time."};
    case Trouble::forbidden_address:
      return {{502, "remote-forbidden-address", "The other domain's name leads nowhere it may lead"},
              "That domain's name leads to a loopback, link-local or private address."};
    case Trouble::lying:
      return {{502, "remote-lying", "The other domain's answer does not verify"},
              "That domain answered, but what it said is not proven."};
    case Trouble::key_changed:
      return {{502, "remote-key-changed", "The other domain's key changed"},
              "That domain shows a key which the one before did not sign."};
  }
  return {{500, "internal", "The server failed"}, {}};
}

Problem problem(const Kind& kind, std::string detail) {
  return {kind.status, std::string(kind.name), std::string(kind.title), std::move(detail)};
}

Problem problem_of_refusal(const service::Refusal& refusal) {
  Kind kind = of_refused(refusal.why());
  if (refusal.cause() && refusal.why() == Refused::bad_record) kind = of_reason(refusal.cause()->reason);
  if (refusal.cause() && refusal.why() == Refused::bad_request_signature) {
    kind = of_request_signature(refusal.cause()->reason);
  }
  Problem out = problem(kind, refusal.what());
  if (refusal.cause()) out.rule = refusal.cause()->rule;
  out.retry_after = refusal.retry_after();
  return out;
}

}  // namespace

http::Response Problem::response() const {
  identity::Json body = {{"type", "urn:pd:problem:" + name}, {"title", title}, {"status", status}};
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
    const auto [kind, detail] = of_trouble(remote.trouble());
    Problem out = problem(kind, std::string(detail));
    out.rule = remote.rule();
    return out;
  } catch (const service::StorageBusy&) {
    Problem out = problem_of_status(503);
    out.retry_after = busy_pause;
    return out;
  } catch (const service::StorageFailure&) {
    Problem out =
        problem({503, "unavailable", "The server cannot do this now"}, "Its storage does not work; try again.");
    out.retry_after = storage_pause;
    return out;
  } catch (...) {
    return problem_of_status(500);
  }
}

Problem problem_of_status(unsigned status) {
  // clang-format off
  switch (status) {
    case 400: return problem({400, "malformed", "Not in the required format"}, "The request is not valid HTTP.");
    case 404: return problem({404, "not-found", "Nothing is here"}, "No such path.");
    case 405: return problem({405, "method-not-allowed", "This method is not for this path"}, "See the header Allow.");
    case 408: return problem({408, "timeout", "The request took too long"}, {});
    case 413: return problem({413, "too-large", "Larger than allowed"}, "The body is too large.");
    case 414: return problem({414, "target-too-long", "The target is too long"}, {});
    case 417: return problem({417, "expectation-failed", "The expectation cannot be met"}, {});
    case 431: return problem({431, "headers-too-large", "The header fields are too large"}, {});
    case 501: return problem({501, "not-implemented", "Not implemented"}, {});
    case 503: return problem({503, "busy", "The server is busy"}, {});
    case 505: return problem({505, "version-not-supported", "Not HTTP/1.1"}, {});
    default:  return problem({500, "internal", "The server failed"}, {});
  }
  // clang-format on
}

Problem misdirected() {
  return problem({421, "wrong-host", "Not a name of this server"}, "The request is for another host.");
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
