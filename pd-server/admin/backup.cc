#include "store/sqlite/backup.h"

#include <fmt/format.h>

#include "admin/command_list.h"
#include "admin/program.h"
#include "identity/descriptor.h"
#include "identity/secret.h"
#include "ops/domain_key.h"
#include "store/sqlite/open.h"

namespace pd::admin {
namespace {

namespace fs = std::filesystem;
namespace sqlite = store::sqlite;
using identity::DomainKeys;
using identity::PrivateKey;
using identity::Secret;

DomainKeys replay(const identity::Domain& domain, const std::vector<std::string>& records) {
  auto keys = DomainKeys::replay(domain, records);
  if (!keys) throw Problem("the domain's key records do not verify: " + keys.error().message);
  return *std::move(keys);
}

void make(const Program& program, const fs::path& file) {
  const auto domain = sqlite::stored_domain(program.data());
  if (program.domain() && *program.domain() != domain)
    throw Problem(fmt::format("this data directory belongs to {}, not to {}", domain.text(), program.domain()->text()));
  const ops::DomainKeyFile key_file(program.data());
  // Key and records are read together: no rotation comes between.
  const ops::DomainKeyFile::Lock lock(key_file);
  const auto keys = replay(domain, sqlite::stored_key_records(program.data()));
  const Secret pem(key_file.load(keys.current()).pem());
  sqlite::write_backup(program.data(), file, pem.view(), program.now());
  program.say(
      fmt::format("{} is written ({} bytes). It holds the domain's private key: keep it as you would keep that.\n",
                  file.string(), fs::file_size(file)),
      {{"file", file.string()}, {"bytes", fs::file_size(file)}, {"domain", domain.text()}});
}

void check_empty(const fs::path& data) {
  if (!fs::exists(data)) return;
  if (!fs::is_directory(data) || !fs::is_empty(data))
    throw Problem(data.string() + " is not an empty directory",
                  "restore into a new one, and then start the server with it");
}

void bring_back(const Program& program, const fs::path& file) {
  const auto& data = program.data();
  check_empty(data);
  auto contents = sqlite::read_backup(file);
  const Secret pem(std::move(contents.domain_key));
  if (program.domain() && *program.domain() != contents.domain)
    throw Problem(fmt::format("this is a backup of {}, not of {}", contents.domain.text(), program.domain()->text()));
  const auto key = PrivateKey::from_pem(pem.view());
  if (!key) throw Problem("the domain key in the backup is not usable: " + key.error().message);
  if (key->public_key() != replay(contents.domain, contents.key_records).current())
    throw Problem("the domain key in the backup is not the one that its records name");
  // The database comes last: a directory without one is no data directory, and can be removed and tried again.
  sqlite::make_directory(data);
  ops::DomainKeyFile key_file(data);
  {
    const ops::DomainKeyFile::Lock lock(key_file);
    key_file.stage(*key);
    key_file.commit();
  }
  sqlite::restore_database(file, data);
  program.say(fmt::format("{} is restored in {}, as it was at {}\n", contents.domain.text(), data.string(),
                          timestamp(contents.made)),
              {{"domain", contents.domain.text()}, {"data", data.string()}, {"made", timestamp(contents.made)}});
}

}  // namespace

int backup(const Context& context, std::span<const std::string> arguments) {
  Program program(context, "backup",
                  "Write everything of the domain, its private key too, into one new file. The server may run.");
  std::string file;
  program.only([&] { make(program, file); })
      .add_option("FILE", file, "It must not be there yet.")
      ->type_name("")
      ->required();
  return program.run(arguments);
}

int restore(const Context& context, std::span<const std::string> arguments) {
  Program program(context, "restore", "Make a data directory, which must be new or empty, from a backup.");
  std::string file;
  program.only([&] { bring_back(program, file); })
      .add_option("FILE", file, "Made by 'pd-server backup'.")
      ->type_name("")
      ->required();
  return program.run(arguments);
}

}  // namespace pd::admin
