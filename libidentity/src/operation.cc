#include "identity/operation.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "members.h"
#include "operation_state.h"

namespace pd::identity {
namespace {

constexpr std::array<std::pair<OperationKind, std::string_view>, 5> kind_names = {{
    {OperationKind::create, "create"},
    {OperationKind::update, "update"},
    {OperationKind::recover, "recover"},
    {OperationKind::revoke, "revoke"},
    {OperationKind::move, "move"},
}};

std::string_view name_of(OperationKind kind) {
  return std::ranges::find(kind_names, kind, &std::pair<OperationKind, std::string_view>::first)->second;
}

Result<void> read_version(const Json& payload) {
  const auto version = integer_member(payload, "v", "OP-2");
  if (!version) return tl::unexpected(version.error());
  if (*version != 1) return fail(Reason::unsupported, "OP-2", "version " + std::to_string(*version) + " of operations");
  return {};
}

Result<OperationKind> read_kind(const Json& payload) {
  const auto text = string_member(payload, "type", "OP-3");
  if (!text) return tl::unexpected(text.error());
  const auto found = std::ranges::find(kind_names, *text, &std::pair<OperationKind, std::string_view>::second);
  if (found == kind_names.end()) return fail(Reason::unsupported, "OP-3", "no such type of operation");
  return found->first;
}

// OP-5: zero for a create, and for a create alone.
Result<std::uint64_t> read_seq(const Json& payload, OperationKind kind) {
  const auto seq = integer_member(payload, "seq", "OP-5");
  if (!seq) return tl::unexpected(seq.error());
  if ((*seq == 0) != (kind == OperationKind::create)) {
    return fail(Reason::malformed, "OP-5", "seq is 0 in a create, and only there");
  }
  return *seq;
}

// OP-6: none for a create, and for a create alone.
Result<std::optional<Hash>> read_previous(const Json& payload, OperationKind kind) {
  if (kind == OperationKind::create) {
    if (payload.contains("prev")) return fail(Reason::malformed, "OP-6", "a create has no prev");
    return std::nullopt;
  }
  const auto previous = hash_member(payload, "prev", "OP-6");
  if (!previous) return tl::unexpected(previous.error());
  return *previous;
}

// OP-13: where a move leads, and nothing else does.
Result<std::optional<Address>> read_moved_to(const Json& payload, OperationKind kind, const Address& from) {
  if (kind != OperationKind::move) {
    if (payload.contains("moved_to")) return fail(Reason::malformed, "OP-13", "only a move has moved_to");
    return std::nullopt;
  }
  const auto to = address_member(payload, "moved_to", "OP-13");
  if (!to) return tl::unexpected(to.error());
  if (*to == from) return fail(Reason::malformed, "OP-13", "moved_to is the address itself");
  return *to;
}

Result<OperationBody> read_operation_body(const Json& payload) {
  if (const auto version = read_version(payload); !version) return tl::unexpected(version.error());
  const auto kind = read_kind(payload);
  if (!kind) return tl::unexpected(kind.error());
  const auto seq = read_seq(payload, *kind);
  if (!seq) return tl::unexpected(seq.error());
  const auto previous = read_previous(payload, *kind);
  if (!previous) return tl::unexpected(previous.error());
  const auto time = time_member(payload, "time", "OP-7");
  if (!time) return tl::unexpected(time.error());
  auto state = read_state(payload);
  if (!state) return tl::unexpected(state.error());
  auto moved_to = read_moved_to(payload, *kind, state->address);
  if (!moved_to) return tl::unexpected(moved_to.error());
  return OperationBody{*kind, *seq, *previous, *time, std::move(*state), std::move(*moved_to)};
}

// OP-14: the key comes along exactly where the reader has only its thumbprint.
Result<void> check_embedded_key(OperationKind kind, bool embedded) {
  if (kind == OperationKind::recover && !embedded) {
    return fail(Reason::malformed, "OP-14", "a recover carries its recovery key as jwk");
  }
  if (embedded && kind != OperationKind::recover && kind != OperationKind::revoke) {
    return fail(Reason::malformed, "OP-14", "only recover and revoke may carry a jwk");
  }
  return {};
}

Json payload_of(const OperationBody& body) {
  Json payload = {
      {"v", 1},
      {"type", name_of(body.kind)},
      {"seq", body.seq},
      {"time", body.time.time_since_epoch().count()},
  };
  if (body.previous) payload["prev"] = base64url(*body.previous);
  if (body.moved_to) payload["moved_to"] = body.moved_to->text();
  write_state(body.state, payload);
  return payload;
}

}  // namespace

Operation::Operation(OperationBody body, Jws jws) : body_(std::move(body)), jws_(std::move(jws)), hash_(jws_.hash()) {}

Result<Operation> Operation::parse(std::string_view text) {
  auto jws = Jws::parse(text, operation_typ, max_operation_bytes);
  if (!jws) return tl::unexpected(enclose(jws.error(), "operation"));
  auto body = read_operation_body(jws->payload());
  if (!body) return tl::unexpected(enclose(body.error(), "operation"));
  const auto key = check_embedded_key(body->kind, jws->embedded_key().has_value());
  if (!key) return tl::unexpected(enclose(key.error(), "operation"));
  return Operation(std::move(*body), std::move(*jws));
}

Result<Operation> Operation::sign(const OperationBody& body, const PrivateKey& key, bool by_recovery_key) {
  // Before the payload is made: only valid UTF-8 can be written as JSON.
  if (const auto state = check_state(body.state); !state) return tl::unexpected(enclose(state.error(), "operation"));
  const Jws jws = Jws::sign(key, operation_typ, payload_of(body), by_recovery_key);
  // Read back what will be sent, so that nothing is ever signed that a reader would refuse.
  return parse(jws.text());
}

}  // namespace pd::identity
