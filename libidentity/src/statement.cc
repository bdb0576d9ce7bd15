#include "identity/statement.h"

#include <stdexcept>
#include <utility>

#include "identity/history.h"
#include "members.h"
#include "validity.h"

namespace pd::identity {
namespace {

// STMT-4, STMT-5, for a body that is read and for one that is made.
Result<void> check(const StatementBody& body) {
  const auto life = check_life({body.issued, body.expires}, max_statement_life, "STMT-4");
  if (body.head && body.removed) return fail(Reason::malformed, "STMT-5", "who was removed has no head");
  if (!life || !body.head) return life;
  if (body.head->count == 0 || body.head->count > max_history || body.head->seq >= body.head->count) {
    return fail(Reason::malformed, "STMT-5", "seq is less than count, and count at most 500");
  }
  return {};
}

// STMT-3: a domain speaks about its own names alone.
Result<Address> read_subject(const Json& payload) {
  const auto domain = domain_member(payload, "iss", "STMT-2");
  if (!domain) return tl::unexpected(domain.error());
  auto address = address_member(payload, "sub", "STMT-2");
  if (!address) return tl::unexpected(address.error());
  if (address->domain() != *domain) return fail(Reason::wrong_subject, "STMT-3", "iss is not the domain of sub");
  return address;
}

Result<std::optional<Head>> read_head(const Json& payload) {
  if (const auto absent = payload.find("absent"); absent != payload.end()) {
    const bool alone = !payload.contains("head") && !payload.contains("seq") && !payload.contains("count");
    if (*absent != true || !alone) return fail(Reason::malformed, "STMT-5", "absent is true, and without a head");
    return std::nullopt;
  }
  const auto operation = hash_member(payload, "head", "STMT-5");
  if (!operation) return tl::unexpected(operation.error());
  const auto seq = integer_member(payload, "seq", "STMT-5");
  if (!seq) return tl::unexpected(seq.error());
  const auto count = integer_member(payload, "count", "STMT-5");
  if (!count) return tl::unexpected(count.error());
  return Head{*operation, *seq, *count};
}

// Goes with an absence alone; check() sees to that.
Result<bool> read_removed(const Json& payload) {
  const auto removed = payload.find("removed");
  if (removed == payload.end()) return false;
  if (*removed != true) return fail(Reason::malformed, "STMT-5", "removed is true, where it is there");
  return true;
}

Result<StatementBody> read_statement_body(const Json& payload) {
  auto address = read_subject(payload);
  if (!address) return tl::unexpected(address.error());
  const auto period = read_period(payload, "STMT-4");
  if (!period) return tl::unexpected(period.error());
  const auto head = read_head(payload);
  if (!head) return tl::unexpected(head.error());
  const auto removed = read_removed(payload);
  if (!removed) return tl::unexpected(removed.error());
  StatementBody body{std::move(*address), *head, period->issued, period->expires, *removed};
  if (const auto checked = check(body); !checked) return tl::unexpected(checked.error());
  return body;
}

Json payload_of(const StatementBody& body) {
  Json payload = {
      {"iss", body.address.domain().text()},
      {"sub", body.address.text()},
      {"iat", body.issued.time_since_epoch().count()},
      {"exp", body.expires.time_since_epoch().count()},
  };
  if (body.head) {
    payload["head"] = base64url(body.head->operation);
    payload["seq"] = body.head->seq;
    payload["count"] = body.head->count;
  } else {
    payload["absent"] = true;
    if (body.removed) payload["removed"] = true;
  }
  return payload;
}

}  // namespace

Result<Statement> Statement::parse(std::string_view text) {
  auto jws = Jws::parse(text, statement_typ, max_statement_bytes);
  if (!jws) return tl::unexpected(enclose(jws.error(), "statement"));
  auto body = read_statement_body(jws->payload());
  if (!body) return tl::unexpected(enclose(body.error(), "statement"));
  return Statement(std::move(*body), std::move(*jws));
}

Statement Statement::sign(const StatementBody& body, const PrivateKey& domain_key) {
  if (const auto checked = check(body); !checked) throw std::logic_error("statement: " + checked.error().message);
  return Statement(body, Jws::sign(domain_key, statement_typ, payload_of(body)));
}

Result<void> Statement::verify(const Address& about, const PublicKey& domain_key, Time now) const {
  if (body_.address != about) {
    return fail(Reason::wrong_subject, "STMT-6", "the statement is about " + body_.address.text());
  }
  const auto time = check_period({body_.issued, body_.expires}, now, "STMT-8", "the statement");
  if (!time) return time;
  if (jws_.key_id() != domain_key.id()) {
    return fail(Reason::wrong_key, "STMT-7", "the statement is not signed by the domain key in force");
  }
  return jws_.verify(domain_key);
}

}  // namespace pd::identity
