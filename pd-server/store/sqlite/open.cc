#include "store/sqlite/open.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "store/sqlite/caches.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/domain.h"
#include "store/sqlite/endpoints.h"
#include "store/sqlite/file_watch.h"
#include "store/sqlite/invites.h"
#include "store/sqlite/job.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/names.h"
#include "store/sqlite/readers.h"
#include "store/sqlite/writer.h"

namespace pd::store::sqlite {
namespace {

// The Store of one database file: each function is a job for the writer or for the readers.
class SqliteStore final : public Store {
 public:
  SqliteStore(const std::filesystem::path& file, std::unique_ptr<Connection> db, Domain domain, const Options& options)
      : domain_(std::move(domain)),
        remote_domains_(options.remote_domains),
        remote_answers_(options.remote_answers),
        watch_(file),
        writer_(std::move(db), options.most_waiting),
        readers_(file, options.readers, options.most_waiting) {}

  awaitable<Lookup> find(Address address) override {
    return submit(readers_, [local = local_of(address)](Connection& db) { return sqlite::find(db, local); });
  }
  awaitable<AppendOutcome> append(Append append) override {
    local_of(append.address);
    return submit(writer_, [append = std::move(append)](Connection& db) { return sqlite::append(db, append); });
  }

  awaitable<void> put_endpoint(Address address, Endpoint endpoint, Time now) override {
    return submit(writer_, [local = local_of(address), endpoint = std::move(endpoint), now](Connection& db) {
      sqlite::put_endpoint(db, local, endpoint, now);
    });
  }
  awaitable<std::vector<Endpoint>> endpoints(Address address, Time now) override {
    return submit(readers_,
                  [local = local_of(address), now](Connection& db) { return sqlite::endpoints(db, local, now); });
  }

  awaitable<std::optional<RemoteDomain>> remote_domain(Domain domain) override {
    return submit(readers_, [name = domain.text()](Connection& db) { return sqlite::remote_domain(db, name); });
  }
  awaitable<void> put_remote_domain(Domain domain, RemoteDomain value) override {
    return submit(writer_, [name = domain.text(), value = std::move(value), bound = remote_domains_](Connection& db) {
      sqlite::put_remote_domain(db, name, value, bound);
    });
  }
  awaitable<std::optional<RemoteAnswer>> remote_answer(Address address) override {
    return submit(readers_, [name = address.text()](Connection& db) { return sqlite::remote_answer(db, name); });
  }
  awaitable<void> put_remote_answer(Address address, RemoteAnswer value) override {
    return submit(writer_, [name = address.text(), value = std::move(value), bound = remote_answers_](Connection& db) {
      sqlite::put_remote_answer(db, name, value, bound);
    });
  }

  awaitable<std::optional<std::string>> remote_list(std::string url) override {
    return submit(readers_, [url = std::move(url)](Connection& db) { return sqlite::remote_list(db, url); });
  }
  awaitable<void> put_remote_list(std::string url, std::string jws) override {
    return submit(writer_, [url = std::move(url), jws = std::move(jws)](Connection& db) {
      sqlite::put_remote_list(db, url, jws);
    });
  }

  awaitable<std::vector<std::string>> domain_key_records() override {
    return submit(readers_, [](Connection& db) { return sqlite::domain_key_records(db); });
  }
  awaitable<void> put_domain_key_records(std::vector<std::string> records) override {
    return submit(writer_,
                  [records = std::move(records)](Connection& db) { sqlite::put_domain_key_records(db, records); });
  }
  awaitable<std::uint64_t> next_descriptor_seq() override {
    return submit(writer_, [](Connection& db) { return sqlite::next_descriptor_seq(db); });
  }

  awaitable<std::vector<UserSummary>> users(std::string after_local, std::uint32_t limit) override {
    return submit(readers_, [domain = domain_, after = std::move(after_local), limit](Connection& db) {
      return sqlite::users(db, domain, after, limit);
    });
  }
  awaitable<bool> tombstone(Address address, Time now) override {
    return submit(writer_,
                  [local = local_of(address), now](Connection& db) { return sqlite::tombstone(db, local, now); });
  }
  awaitable<NameState> reserve(Address address, Time now) override {
    return submit(writer_,
                  [local = local_of(address), now](Connection& db) { return sqlite::reserve(db, local, now); });
  }
  awaitable<bool> unreserve(Address address) override {
    return submit(writer_, [local = local_of(address)](Connection& db) { return sqlite::unreserve(db, local); });
  }
  awaitable<std::vector<std::string>> reserved() override {
    return submit(readers_, [](Connection& db) { return sqlite::reserved(db); });
  }
  awaitable<Invite> create_invite(std::uint32_t uses, Time now, Time expires, std::string note) override {
    return submit(writer_, [uses, now, expires, note = std::move(note)](Connection& db) {
      return sqlite::create_invite(db, uses, now, expires, note);
    });
  }
  awaitable<std::vector<Invite>> invites() override {
    return submit(readers_, [](Connection& db) { return sqlite::invites(db); });
  }
  awaitable<bool> revoke_invite(std::string id) override {
    return submit(writer_, [id = std::move(id)](Connection& db) { return sqlite::revoke_invite(db, id); });
  }

  awaitable<void> probe(Time now) override {
    co_await submit(writer_, [this, now](Connection& db) {
      watch_.check(db);
      sqlite::probe(db, now);
    });
    co_await submit(readers_, [](Connection& db) { sqlite::read_probe(db); });
  }

  const Domain& domain() const override { return domain_; }
  std::uint64_t outside_changes() const override { return writer_.outside_changes(); }

 private:
  // Names are kept without their domain: there is only one.
  std::string local_of(const Address& address) const {
    if (address.domain() != domain_) throw Failure(address.text() + " is not a name of " + domain_.text());
    return address.local();
  }

  Domain domain_;
  CacheBound remote_domains_;
  CacheBound remote_answers_;
  FileWatch watch_;  // the writer's
  Writer writer_;
  Readers readers_;
};

[[noreturn]] void cannot(std::string_view what, const std::filesystem::path& path) {
  throw Failure(fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(errno)));
}

// Whoever may write there could put a key and a database of his own in the place of ours.
void check_directory(const std::filesystem::path& data) {
  struct stat found {};
  if (::stat(data.c_str(), &found) != 0) cannot("look at", data);
  if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    throw Failure(
        fmt::format("others may write to {0}, where the domain's key is kept: chmod go-w {0}", data.string()));
}

// SQLite gives its other files (-wal, -shm) the mode of this one.
void make_file(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor < 0) cannot("make", file);
  ::close(descriptor);
}

}  // namespace

std::filesystem::path database_file(const std::filesystem::path& data) {
  return data / "pd.db";
}

void make_directory(const std::filesystem::path& data) {
  std::error_code error;
  if (std::filesystem::is_directory(data, error)) return check_directory(data);
  if (const auto parent = std::filesystem::absolute(data).parent_path(); !std::filesystem::exists(parent, error))
    std::filesystem::create_directories(parent, error);
  if (::mkdir(data.c_str(), 0700) != 0 && errno != EEXIST) cannot("make the data directory", data);
}

std::filesystem::path existing_database(const std::filesystem::path& data) {
  auto file = database_file(data);
  std::error_code error;
  const bool there = std::filesystem::exists(file, error);
  if (error) throw Failure(fmt::format("cannot look at {}: {}", file.string(), error.message()));
  if (!there)
    throw Failure(fmt::format("there is no database in {}: is it the data directory of a pd-server?", data.string()));
  return file;
}

std::unique_ptr<Store> open(const std::filesystem::path& data, Options options) {
  const auto file = database_file(data);
  if (options.create) {
    make_directory(data);
    make_file(file);
  } else {
    existing_database(data);
    check_directory(data);
  }
  auto db = std::make_unique<Connection>(file, Connection::Access::read_write);
  if (options.create)
    migrate(*db);
  else
    check_newest_schema(*db);
  Domain domain = claim_domain(*db, options.domain);
  return std::make_unique<SqliteStore>(file, std::move(db), std::move(domain), options);
}

}  // namespace pd::store::sqlite
