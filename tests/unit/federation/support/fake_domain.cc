#include "support/fake_domain.h"

#include "identity/sample.h"

namespace pd::federation::testing {
namespace {

using identity::Address;
using identity::Operation;
using identity::OperationKind;
namespace sample = identity::sample;

constexpr identity::Seconds day{24 * 3600};

Operation create(const Address& address, const std::string& signer) {
  const identity::IdentityState state{address, sample::key(signer).public_key(), {}, {}};
  return sample::sign({OperationKind::create, 0, std::nullopt, sample::at(0), state, std::nullopt}, signer);
}

}  // namespace

FakeDomain::FakeDomain(const Authority& authority, const std::string& name, Clock clock,
                       std::vector<std::string> certificate)
    : domain(sample::domain(name)),
      api("https://" + name),
      server(authority.server(certificate.empty() ? std::vector<std::string>{name} : certificate),
             [this](Turn& turn) { honest(turn); }),
      clock_(std::move(clock)),
      key_name_(name + " key 0"),
      domain_keys_(identity::DomainKeys::create(domain, make_key(key_name_), sample::at(0))) {}

identity::PrivateKey& FakeDomain::make_key(const std::string& name) {
  return keys_.try_emplace(name, sample::key(name)).first->second;
}

Address FakeDomain::add(const std::string& local) {
  const auto address = sample::address(local + "@" + domain.text());
  const std::lock_guard lock(mutex_);
  people_[local] = {create(address, "identity").text()};
  return address;
}

void FakeDomain::update(const std::string& local) {
  const std::lock_guard lock(mutex_);
  auto& operations = people_.at(local);
  const auto last = Operation::parse(operations.back());
  operations.push_back(sample::sign(sample::following(*last, OperationKind::update), "identity").text());
}

void FakeDomain::replace_by_impostor(const std::string& local) {
  const std::lock_guard lock(mutex_);
  people_[local] = {create(sample::address(local + "@" + domain.text()), "impostor").text()};
}

std::vector<std::string> FakeDomain::operations(const std::string& local) const {
  const std::lock_guard lock(mutex_);
  const auto found = people_.find(local);
  return found != people_.end() ? found->second : std::vector<std::string>{};
}

void FakeDomain::set_operations(const std::string& local, std::vector<std::string> operations) {
  const std::lock_guard lock(mutex_);
  people_[local] = std::move(operations);
}

void FakeDomain::remove(const std::string& local) {
  const std::lock_guard lock(mutex_);
  people_.erase(local);
}

void FakeDomain::rotate() {
  const std::lock_guard lock(mutex_);
  const auto next = domain.text() + " key " + std::to_string(keys_.size());
  const auto& key = make_key(next);
  const auto done = domain_keys_.rotate(keys_.at(key_name_), key.public_key(), clock_());
  if (!done) throw std::runtime_error(done.error().message);
  key_name_ = next;
  ++seq;
}

void FakeDomain::change_key_unsigned() {
  const std::lock_guard lock(mutex_);
  key_name_ = "somebody else's key";
  domain_keys_ = identity::DomainKeys::create(domain, make_key(key_name_), clock_());
  ++seq;
}

std::string FakeDomain::descriptor_json() const {
  const std::lock_guard lock(mutex_);
  const auto now = clock_();
  return identity::Descriptor::sign({domain, seq, now, now + 7 * day, api, identity::RegistrationMode::open},
                                    domain_keys_, key())
      .json()
      .dump();
}

std::string FakeDomain::statement(const std::string& address,
                                  const std::function<void(identity::StatementBody&)>& change) const {
  const auto operations = this->operations(local_of(address));
  const auto now = clock_();
  identity::StatementBody body{sample::address(address), std::nullopt, now, now + day};
  if (!operations.empty()) {
    const auto last = Operation::parse(operations.back());
    body.head = identity::Head{last->hash(), last->body().seq, operations.size()};
  }
  if (change) change(body);
  const std::lock_guard lock(mutex_);
  return identity::Statement::sign(body, key()).text();
}

std::string FakeDomain::resolution_json(const std::string& address,
                                        const std::function<void(identity::Resolution&)>& change) const {
  identity::Resolution resolution{operations(local_of(address)), statement(address),
                                  identity::Json::parse(descriptor_json()), false};
  if (change) change(resolution);
  return resolution.json();
}

void FakeDomain::honest(Turn& turn) const {
  constexpr std::string_view identities = "/v1/identities/";
  const auto& target = turn.asked.target;
  if (target == "/.well-known/pd") return turn.reply(200, descriptor_json(), {{"Content-Type", "application/json"}});
  if (!target.starts_with(identities)) return turn.reply(404, "", {});
  const auto address = target.substr(identities.size());
  const auto count = operations(local_of(address)).size();
  const auto tag = "\"" + std::to_string(count) + " " + key_name_ + "\"";
  const auto same = turn.asked.headers.find("if-none-match");
  if (same != turn.asked.headers.end() && same->second == tag)
    return turn.reply(304, "", {{"ETag", tag}, {"Cache-Control", "max-age=" + max_age}});
  turn.reply(count > 0 ? 200 : 404, resolution_json(address),
             {{"Content-Type", "application/json"}, {"ETag", tag}, {"Cache-Control", "max-age=" + max_age}});
}

}  // namespace pd::federation::testing
