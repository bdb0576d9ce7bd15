#include "command/people.h"

#include <algorithm>
#include <utility>

#include "command/describe.h"
#include "identity/endpoint.h"

namespace pd::command {

namespace {

constexpr std::size_t max_dialled = 32;  // of all devices together

}  // namespace

DirectoryPeople::DirectoryPeople(const directory::Lookup& lookup, std::shared_ptr<const connect::Credentials> self)
    : lookup_(lookup), self_(std::move(self)) {}

directory::VerifiedPeer DirectoryPeople::find(const identity::Address& address) {
  auto peer = lookup_.require(address);
  require_active(peer);
  return peer;
}

std::vector<identity::TcpEndpoint> DirectoryPeople::endpoints(const directory::VerifiedPeer& peer) {
  const auto server = lookup_.client_of(peer.address().domain());
  std::vector<identity::EndpointBody> records;
  for (const auto& text : server.endpoints(peer.address(), self_->address(), self_->device_key())) {
    const auto record = identity::EndpointRecord::parse(text);
    if (record && record->verify(peer.state(), lookup_.now())) {  // what does not verify is as if it were not there
      records.push_back(record->body());
    }
  }
  std::stable_sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.issued > b.issued; });
  std::vector<identity::TcpEndpoint> endpoints;
  for (const auto& record : records) {
    for (const auto& endpoint : record.tcp) {
      if (endpoints.size() < max_dialled &&
          std::find(endpoints.begin(), endpoints.end(), endpoint) == endpoints.end()) {
        endpoints.push_back(endpoint);
      }
    }
  }
  return endpoints;
}

void DirectoryPeople::publish(const std::vector<identity::TcpEndpoint>& endpoints) {
  const auto now = lookup_.now();
  const auto record = directory::require(
      identity::EndpointRecord::sign({self_->address(), now, now + session::endpoint_life, endpoints}, self_->device_key()),
      directory::Kind::failed, "the endpoints cannot be published");
  lookup_.client_of(self_->address().domain()).put_endpoint(record, self_->device_key());
}

}  // namespace pd::command
