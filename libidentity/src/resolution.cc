#include "identity/resolution.h"

#include <algorithm>
#include <utility>

#include "members.h"

namespace pd::identity {
namespace {

// Deep enough for the descriptor inside, and one level for what later versions may add.
constexpr JsonLimits resolution_limits{max_resolution_bytes, 6};

Result<std::vector<std::string>> read_operations(const Json& object) {
  const auto items = array_member(object, "operations", "RES-2");
  if (!items) return tl::unexpected(items.error());
  if ((*items)->size() > max_history) return fail(Reason::too_large, "RES-2", "more than 500 operations");
  std::vector<std::string> operations;
  operations.reserve((*items)->size());
  for (const Json& item : **items) {
    if (!item.is_string()) return fail(Reason::malformed, "RES-2", "operations is a list of strings");
    const auto& text = item.get_ref<const std::string&>();
    if (text.size() > max_operation_bytes) return fail(Reason::too_large, "RES-2", "an operation of over 7500 bytes");
    operations.push_back(text);
  }
  return operations;
}

Result<std::string> read_statement(const Json& object) {
  auto statement = string_member(object, "statement", "RES-3");
  if (statement && statement->size() > max_statement_bytes) {
    return fail(Reason::too_large, "RES-3", "a statement of over 2000 bytes");
  }
  return statement;
}

Result<bool> read_stale(const Json& object) {
  const auto stale = object.find("stale");
  if (stale == object.end()) return false;
  if (!stale->is_boolean()) return fail(Reason::malformed, "RES-3", "stale is true or false");
  return stale->get<bool>();
}

// RES-9: the history is the very one that the domain speaks of, and all of it.
Result<void> check_head(const History& history, const Head& head) {
  if (history.head().hash() != head.operation || history.head().body().seq != head.seq) {
    return fail(Reason::out_of_order, "RES-9", "the history's head is not the one in the statement");
  }
  return {};
}

}  // namespace

Result<Resolution> Resolution::parse(std::string_view json) {
  const auto object = parse_object(json, resolution_limits);
  if (!object) return tl::unexpected(enclose(object.error(), "RES-1", "resolution"));
  auto operations = read_operations(*object);
  if (!operations) return tl::unexpected(operations.error());
  auto statement = read_statement(*object);
  if (!statement) return tl::unexpected(statement.error());
  const auto domain = object_member(*object, "domain", "RES-3");
  if (!domain) return tl::unexpected(domain.error());
  const auto stale = read_stale(*object);
  if (!stale) return tl::unexpected(stale.error());
  return Resolution{std::move(*operations), std::move(*statement), **domain, *stale};
}

std::string Resolution::json() const {
  Json object = {{"operations", operations}, {"statement", statement}, {"domain", domain}};
  if (stale) object["stale"] = true;
  return object.dump();
}

bool VerifiedIdentity::has_device(const PublicKey& key) const {
  return !history_.ended() && std::ranges::find(state().devices, key, &Device::key) != state().devices.end();
}

Result<Verified> verify_resolution(const Resolution& resolution, const Address& about, const DomainKeys& keys,
                                   Time now) {
  if (about.domain() != keys.domain()) {
    return fail(Reason::wrong_subject, "RES-4", "the keys are those of " + keys.domain().text());
  }
  auto statement = Statement::parse(resolution.statement);
  if (!statement) return tl::unexpected(statement.error());
  const auto vouched = statement->verify(about, keys.current(), now);
  if (!vouched) return tl::unexpected(vouched.error());
  const auto& head = statement->body().head;
  if (head.has_value() == resolution.operations.empty()) {
    return fail(Reason::out_of_order, "RES-6", "operations and statement disagree on whether anybody has the name");
  }
  if (!head) return VerifiedAbsence{std::move(*statement)};
  // Before the history is replayed, which costs a signature verification for each operation.
  if (resolution.operations.size() != head->count) {
    return fail(Reason::out_of_order, "RES-9", "the history is longer or shorter than the statement says");
  }
  auto history = History::replay(resolution.operations);
  if (!history) return tl::unexpected(history.error());
  if (history->address() != about) {
    return fail(Reason::wrong_subject, "RES-8", "the history is that of " + history->address().text());
  }
  if (const auto same = check_head(*history, *head); !same) return tl::unexpected(same.error());
  return VerifiedIdentity(std::move(*history), std::move(*statement));
}

Pin Pin::of(const VerifiedIdentity& identity) {
  return {identity.history().genesis(), identity.history().head().hash()};
}

Result<void> check_pin(const Pin& pin, const VerifiedIdentity& identity) {
  if (identity.history().genesis() != pin.genesis) {
    return fail(Reason::wrong_key, "PIN-1", "the name belongs to an identity that began differently");
  }
  if (!identity.history().contains(pin.head)) {
    return fail(Reason::out_of_order, "PIN-2", "the history does not contain the operation that was its head before");
  }
  return {};
}

Result<void> check_pin(const Pin&, const VerifiedAbsence& absence) {
  if (absence.removed()) return {};
  return fail(Reason::out_of_order, "PIN-3", "the domain says that nobody has a name that somebody had");
}

}  // namespace pd::identity
