#include "client/town.h"

#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "identity/sample.h"

namespace pd::test {

namespace sample = identity::sample;

namespace {

identity::Time now() {
  return sample::at(10);
}

template <class T>
T must(identity::Result<T> result) {
  if (!result) throw std::logic_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

std::vector<identity::Device> devices_of(const std::string& address, const std::vector<std::string>& names) {
  std::vector<identity::Device> devices;
  for (const auto& name : names)
    devices.push_back({name, Town::device_key(address, name).public_key()});
  return devices;
}

}  // namespace

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "pd-town-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no place for files");
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

struct Town::Domain {
  explicit Domain(const identity::Domain& name)
      : key(sample::key(name.text())), keys(identity::DomainKeys::create(name, key, sample::at(0))) {}

  identity::Descriptor descriptor() const {
    const identity::DescriptorBody body{keys.domain(),
                                        1,
                                        sample::at(0),
                                        sample::at(0) + identity::max_descriptor_life,
                                        "https://" + keys.domain().text(),
                                        identity::RegistrationMode::open};
    return identity::Descriptor::sign(body, keys, key);
  }

  identity::PrivateKey key;
  identity::DomainKeys keys;
};

Town::Town() : pins_(folder_.path() / "contacts.db"), transport_({}), lookup_(transport_, pins_, {}, now) {}

Town::Domain& Town::domain_of(const identity::Address& address) {
  auto& domain = domains_[address.domain().text()];
  if (!domain) {
    domain = std::make_shared<Domain>(address.domain());
    pins_.keep(domain->descriptor(), true, now());
  }
  return *domain;
}

void Town::settle(const std::string& address, const std::vector<std::string>& devices) {
  add({sample::address(address), sample::key(address).public_key(), devices_of(address, devices), {}});
}

void Town::settle_with_device_of(const std::string& address, const std::string& other) {
  add({sample::address(address), sample::key(address).public_key(), devices_of(other, {"laptop"}), {}});
}

void Town::add(const identity::IdentityState& state) {
  domain_of(state.address);
  const auto create = must(identity::Operation::sign({identity::OperationKind::create, 0, {}, sample::at(0), state, {}},
                                                     sample::key(state.address.text())));
  people_.insert_or_assign(state.address, must(identity::History::start(create)));
}

void Town::change_devices(const std::string& address, const std::vector<std::string>& devices) {
  auto& history = people_.at(sample::address(address));
  auto body = sample::following(history.head(), identity::OperationKind::update, 1);
  body.state.devices = devices_of(address, devices);
  must(history.append(must(identity::Operation::sign(body, sample::key(address)))));
}

directory::VerifiedPeer Town::find(const identity::Address& address) const {
  const auto person = people_.find(address);
  if (person == people_.end()) {
    throw directory::Failure(directory::Kind::nobody, "there is no " + address.text());
  }
  const auto& history = person->second;
  const auto& domain = *domains_.at(address.domain().text());
  const identity::Head head{history.head().hash(), history.head().body().seq, history.operations().size()};
  const auto statement = identity::Statement::sign(
      {address, head, sample::at(0), sample::at(0) + identity::max_statement_life}, domain.key);
  identity::Resolution answer{{}, statement.text(), domain.descriptor().json(), false};
  for (const auto& operation : history.operations())
    answer.operations.push_back(operation.text());
  return lookup_.accept(answer, address).value();
}

directory::VerifiedPeer Town::find(const std::string& address) const {
  return find(sample::address(address));
}

identity::PrivateKey Town::device_key(const std::string& address, const std::string& device) {
  return sample::key(address + " " + device);
}

std::shared_ptr<const connect::Credentials> Town::credentials(const std::string& address, const std::string& device) {
  return std::make_shared<const connect::Credentials>(sample::address(address), device_key(address, device), now());
}

}  // namespace pd::test
