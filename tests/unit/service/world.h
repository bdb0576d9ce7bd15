#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "federation/remote.h"
#include "identity/http_signature.h"
#include "identity/operation.h"
#include "identity/resolution.h"
#include "service/authentication.h"
#include "service/challenge.h"
#include "service/directory.h"
#include "service/endpoints.h"
#include "service/home.h"
#include "service/mailboxes.h"
#include "service/refusal.h"
#include "service/registration.h"
#include "service/signals.h"
#include "store/sqlite/open.h"

namespace pd::service::testing {

using identity::Operation;
using identity::OperationBody;
using identity::OperationKind;
using identity::PrivateKey;

// A directory that is gone afterwards.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = std::filesystem::temp_directory_path() / "pd-service-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The other domains of a test: those that it names, at once and without a network.
class FakeRemote : public federation::Remote {
 public:
  awaitable<std::shared_ptr<const federation::RemoteResolution>> resolve(Address address) override {
    ++asked;
    if (failing) throw federation::RemoteError(*failing, "as the test wants it");
    const auto found = answers.find(address);
    if (found == answers.end()) throw federation::RemoteError(federation::Trouble::unreachable, "nobody is there");
    co_return found->second;
  }
  awaitable<std::shared_ptr<const federation::RemoteResolution>> kept(Address address) override {
    const auto found = answers.find(address);
    if (found == answers.end()) throw federation::RemoteError(federation::Trouble::unreachable, "nothing is kept");
    co_return found->second;
  }
  awaitable<identity::Descriptor> descriptor(Domain domain, std::string) override {
    const auto found = descriptors.find(domain);
    if (found == descriptors.end()) throw federation::RemoteError(federation::Trouble::unreachable, "nobody is there");
    co_return found->second;
  }
  awaitable<federation::Relayed> relay(Domain domain, std::string body) override {
    if (failing) throw federation::RemoteError(*failing, "as the test wants it");
    relayed.emplace_back(domain, std::move(body));
    co_return relay_answer;
  }
  bool admits(const Domain& domain) const override { return !denied.contains(domain); }

  std::map<Address, std::shared_ptr<const federation::RemoteResolution>> answers;
  std::map<Domain, identity::Descriptor> descriptors;
  std::set<Domain> denied;
  std::optional<federation::Trouble> failing;
  int asked = 0;
  std::vector<std::pair<Domain, std::string>> relayed;
  federation::Relayed relay_answer{.taken = true};
};

inline Address address(const std::string& text) {
  return *Address::parse(text);
}
inline Domain domain(const std::string& text) {
  return *Domain::parse(text);
}

// Somebody with keys, who signs operations.
struct Somebody {
  explicit Somebody(const std::string& text, identity::Time now)
      : state{address(text), key.public_key(), {{"laptop", device.public_key()}}, {recovery.public_key().thumbprint()}},
        time(now) {}

  // The next operation, signed by the identity key; not remembered until next() is called.
  OperationBody body(OperationKind kind) const {
    if (!head) return {kind, 0, std::nullopt, time, state, std::nullopt};
    return {kind, head->body().seq + 1, head->hash(), time, state, std::nullopt};
  }
  Operation sign(const OperationBody& what) const { return Operation::sign(what, key).value(); }
  Operation next(OperationKind kind) {
    head = sign(body(kind));
    return *head;
  }
  Operation create() { return next(OperationKind::create); }
  Operation update() { return next(OperationKind::update); }

  PrivateKey key = PrivateKey::generate();
  PrivateKey device = PrivateKey::generate();
  PrivateKey recovery = PrivateKey::generate();
  identity::IdentityState state;
  identity::Time time;
  std::optional<Operation> head;
};

// Why something was refused, and by which rule; fails the test when it was not.
struct Why {
  Refused refused;
  std::string rule;
  bool operator==(const Why&) const = default;
};
inline void PrintTo(const Why& why, std::ostream* out) {
  *out << static_cast<int>(why.refused) << ' ' << why.rule;
}

// One domain with its rules: a real database, a clock that stands where the test puts it.
class ServiceTest : public ::testing::Test {
 protected:
  explicit ServiceTest(identity::RegistrationMode mode = identity::RegistrationMode::open) : mode_(mode) { assemble(); }

  template <class T>
  T run(awaitable<T> work) {
    if constexpr (std::is_void_v<T>) {
      finish(std::move(work));
    } else {
      std::optional<T> value;
      finish(keep(std::move(work), value));
      return std::move(*value);
    }
  }

  template <class Work>
  Why refusal(Work&& work) {
    try {
      work();
    } catch (const Refusal& refusal) {
      return {refusal.why(), refusal.cause() ? refusal.cause()->rule : ""};
    }
    ADD_FAILURE() << "it was not refused";
    return {};
  }

  // A PUT of `operation`, signed by `signer` over a fresh challenge.
  Submission submission(const Operation& operation, const PrivateKey& signer) {
    return {operation.body().state.address, signed_put(operation, signer, challenges_->issue(now_).text), {}, "here"};
  }
  identity::HttpRequest signed_put(const Operation& operation, const PrivateKey& signer, const std::string& nonce) {
    return sign(
        {"PUT", "https://example.org/v1/identities/" + operation.body().state.address.text(), operation.text(), {}},
        signer, nonce);
  }
  identity::HttpRequest sign(identity::HttpRequest request, const PrivateKey& signer, const std::string& nonce,
                             std::string_view tag = identity::tag_user) {
    for (auto& header :
         identity::sign_request(request, signer, {signer.public_key().id(), now_, nonce, std::string(tag)})) {
      request.headers.push_back(std::move(header));
    }
    return request;
  }
  Accepted submit(const Operation& operation, const PrivateKey& signer) {
    return run(registration_->submit(submission(operation, signer)));
  }
  AnswerPtr resolve(const std::string& text) { return run(directory_->resolve(address(text))); }
  identity::Verified verified(const AnswerPtr& answer, const std::string& text) {
    const auto resolution = identity::Resolution::parse(*answer->body).value();
    return identity::verify_resolution(resolution, address(text), home_->snapshot()->descriptor.keys(), now_).value();
  }

  // Builds the services anew around `store`, as a restart does.
  void assemble_around(store::Store& store) {
    home_ = std::make_unique<Home>(
        Home::Settings{domain("example.org"), "https://example.org", mode_, identity::Seconds(24 * 3600),
                       identity::Seconds(300)},
        [this](const identity::PublicKey* in_force) {
          if (in_force && *in_force != domain_key_->public_key()) throw std::runtime_error("another key");
          return PrivateKey::from_seed(domain_key_->seed()).value();
        },
        store, [this] { return now_; });
    challenges_ = std::make_unique<Challenges>(domain("example.org"), most_used_);
    directory_ = std::make_unique<Directory>(*home_, store, remote_, metrics_, Directory::Bounds{});
    const auto steady = [this] { return steady_; };
    authentication_ = std::make_unique<Authentication>(
        *home_, *directory_, remote_, *challenges_,
        Authentication::Limits{.account = rate_account_, .domain = rate_domain_, .keys = 100}, steady);
    registration_ = std::make_unique<Registration>(*home_, *directory_, *authentication_, store,
                                                   ReservedNames({"gman"}), rate_registration_, 100, steady);
    endpoints_ = std::make_unique<Endpoints>(*home_, *directory_, *authentication_, store);
    mailboxes_ = std::make_unique<Mailboxes>(Mailboxes::Bounds{}, steady, metrics_);
    signals_ =
        std::make_unique<Signals>(*home_, *directory_, *authentication_, remote_, *mailboxes_, rate_signals_, steady);
    run(home_->refresh());
  }
  void assemble() {
    if (!store_) {
      store::sqlite::Options options;
      options.domain = domain("example.org");
      options.create = true;
      store_ = store::sqlite::open(directory_path_.path() / "data", options);
    }
    assemble_around(*store_);
  }

  identity::RegistrationMode mode_;
  std::size_t most_used_ = 1000;
  limit::Rate rate_account_{1000, 1000};
  limit::Rate rate_domain_{1000, 1000};
  limit::Rate rate_registration_{1000, 1000};
  Signals::Limits rate_signals_{.keys = 100};
  identity::Time now_{identity::Seconds(1'800'000'000)};
  limit::Nanos steady_{1'000'000'000};

  TemporaryDirectory directory_path_;
  std::unique_ptr<PrivateKey> domain_key_ = std::make_unique<PrivateKey>(PrivateKey::generate());
  ops::Metrics metrics_;
  FakeRemote remote_;
  boost::asio::io_context context_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Home> home_;
  std::unique_ptr<Challenges> challenges_;
  std::unique_ptr<Directory> directory_;
  std::unique_ptr<Authentication> authentication_;
  std::unique_ptr<Registration> registration_;
  std::unique_ptr<Endpoints> endpoints_;
  std::unique_ptr<Mailboxes> mailboxes_;
  std::unique_ptr<Signals> signals_;

 private:
  template <class T>
  static awaitable<void> keep(awaitable<T> work, std::optional<T>& value) {
    value.emplace(co_await std::move(work));
  }
  void finish(awaitable<void> work) {
    std::exception_ptr failure;
    co_spawn(context_, std::move(work), [&](std::exception_ptr error) { failure = std::move(error); });
    context_.run();
    context_.restart();
    if (failure) std::rethrow_exception(failure);
  }
};

}  // namespace pd::service::testing
