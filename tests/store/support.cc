#include "support.h"

namespace pd::store::test {

Address name(const std::string& local) {
  return Address::parse(local + "@example.org").value();
}

Time at(std::int64_t seconds) {
  return Time{identity::Seconds{1'800'000'000 + seconds}};
}

Append create(const std::string& local, const std::string& text) {
  const std::string operation = text + " " + local;
  const Hash hash = identity::sha256(identity::bytes_of(operation));
  return {name(local), operation, hash, std::nullopt, {hash, 0, 1}, at(0), std::nullopt};
}

Append next(const Append& before, const std::string& text) {
  const Hash hash = identity::sha256(identity::bytes_of(text));
  const Head head{hash, before.new_head.seq + 1, before.new_head.count + 1};
  return {before.address, text, hash, before.operation_hash, head, before.accepted + identity::Seconds{1},
          std::nullopt};
}

AppendOutcome append(Store& store, Append append) {
  return wait(store.append(std::move(append)));
}

Lookup find(Store& store, const std::string& local) {
  return wait(store.find(name(local)));
}

}  // namespace pd::store::test
