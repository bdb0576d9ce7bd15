#include "admin/rotation.h"

#include "admin/program.h"
#include "ops/domain_key.h"

namespace pd::admin {

using identity::DomainKeys;

DomainKeys current_keys(store::Store& store) {
  const auto records = wait(store.domain_key_records());
  if (records.empty())
    throw Problem("the domain has no key yet",
                  "it gets one when the server first starts, or by 'pd-server domain-key init'");
  auto keys = DomainKeys::replay(store.domain(), records);
  if (!keys) throw Problem("the domain's key records do not verify: " + keys.error().message, "restore a backup");
  return *std::move(keys);
}

DomainKeys make_domain_key(store::Store& store, const std::filesystem::path& data, identity::Time now) {
  if (!wait(store.domain_key_records()).empty()) throw Problem("the domain has a key already");
  const auto key = ops::DomainKeyFile(data).load_or_create();
  auto keys = DomainKeys::create(store.domain(), key, now);
  wait(store.put_domain_key_records(keys.records()));
  return keys;
}

DomainKeys rotate_domain_key(store::Store& store, const std::filesystem::path& data, identity::Time now) {
  ops::DomainKeyFile file(data);
  const ops::DomainKeyFile::Lock lock(file);
  auto keys = current_keys(store);
  // What an earlier rotation left half done must not be staged over: it may be the only copy of the key in force.
  if (file.is_staged(keys.current())) file.commit();
  const auto current = file.load(keys.current());
  const auto next = identity::PrivateKey::generate();
  if (auto done = keys.rotate(current, next.public_key(), now); !done) throw Problem(done.error().message);
  file.stage(next);
  wait(store.put_domain_key_records(keys.records()));
  file.commit();
  return keys;
}

}  // namespace pd::admin
