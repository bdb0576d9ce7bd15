#include "command/people.h"

#include <algorithm>
#include <utility>

#include "command/describe.h"
#include "identity/endpoint.h"

namespace pd::command {

namespace {

// The body of a record that holds for `peer` now (EP-1 … EP-8).
identity::Result<identity::EndpointBody> believed(const std::string& text, const directory::VerifiedPeer& peer,
                                                  identity::Time now) {
  const auto record = identity::EndpointRecord::parse(text);
  if (!record) return tl::unexpected(record.error());
  if (const auto good = record->verify(peer.state(), now); !good) return tl::unexpected(good.error());
  return record->body();
}

directory::Failure not_listed(const identity::Address& self) {
  const auto who = self.text();
  return {directory::Kind::failed, "this device is not one of " + who + " any more",
          "pdctl devices request " + who +
              " here, then pdctl devices add on the machine with the identity key; if that is in wrong hands: pdctl "
              "recover " +
              who};
}

}  // namespace

std::shared_ptr<const connect::Credentials> own_credentials(Context& context) {
  const auto account = context.home().require_account();
  return std::make_shared<const connect::Credentials>(account.address, context.home().device_key(), context.now());
}

DirectoryPeople::DirectoryPeople(const directory::Lookup& lookup, std::shared_ptr<const connect::Credentials> self)
    : lookup_(lookup), self_(std::move(self)) {}

directory::VerifiedPeer DirectoryPeople::find(const identity::Address& address) {
  auto peer = lookup_.require(address);
  require_active(peer);
  return peer;
}

directory::VerifiedPeer DirectoryPeople::find_quietly(const identity::Address& address) {
  auto peer = lookup_.require(address, directory::Asking::own_server);
  require_active(peer);
  return peer;
}

// A server does not believe who signed. Our own one knows why, and proves it: the account or the device is gone.
void DirectoryPeople::explain(const directory::Problem& problem) const {
  if (problem.name() == "bad-signature" || problem.name() == "wrong-key") {
    const auto self = lookup_.require(self_->address());
    require_own_active(self);
    if (!self.identity().has_device(self_->device_key().public_key())) throw not_listed(self.address());
  }
  throw problem;
}

std::vector<std::string> DirectoryPeople::records_of(const identity::Address& callee) const {
  try {
    return lookup_.client_of(callee.domain()).endpoints(callee, self_->address(), self_->device_key());
  } catch (const directory::Problem& problem) {
    explain(problem);
  }
}

session::Whereabouts DirectoryPeople::endpoints(const directory::VerifiedPeer& peer) {
  session::Whereabouts found;
  std::vector<identity::EndpointBody> records;
  for (const auto& text : records_of(peer.address())) {
    if (auto record = believed(text, peer, lookup_.now())) {
      records.push_back(*std::move(record));
    } else {  // as if it were not there (EP-9)
      found.dropped =
          "an endpoint record of " + peer.address().text() + " is not believed: " + directory::describe(record.error());
    }
  }
  std::stable_sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.issued > b.issued; });
  auto& endpoints = found.endpoints;
  for (const auto& record : records) {
    for (const auto& endpoint : record.tcp) {
      if (std::find(endpoints.begin(), endpoints.end(), endpoint) == endpoints.end()) {
        endpoints.push_back(endpoint);
      }
    }
  }
  return found;
}

void DirectoryPeople::publish(const std::vector<identity::TcpEndpoint>& endpoints) {
  const auto now = lookup_.now();
  const auto record =
      directory::require(identity::EndpointRecord::sign(
                             {self_->address(), now, now + session::endpoint_life, endpoints}, self_->device_key()),
                         directory::Kind::failed, "the endpoints cannot be published");
  try {
    lookup_.client_of(self_->address().domain()).put_endpoint(record, self_->device_key());
  } catch (const directory::Problem& problem) {
    explain(problem);
  }
}

}  // namespace pd::command
