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

}  // namespace

DirectoryPeople::DirectoryPeople(const directory::Lookup& lookup, std::shared_ptr<const connect::Credentials> self)
    : lookup_(lookup), self_(std::move(self)) {}

directory::VerifiedPeer DirectoryPeople::find(const identity::Address& address) {
  auto peer = lookup_.require(address);
  require_active(peer);
  return peer;
}

session::Whereabouts DirectoryPeople::endpoints(const directory::VerifiedPeer& peer) {
  const auto server = lookup_.client_of(peer.address().domain());
  session::Whereabouts found;
  std::vector<identity::EndpointBody> records;
  for (const auto& text : server.endpoints(peer.address(), self_->address(), self_->device_key())) {
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
  lookup_.client_of(self_->address().domain()).put_endpoint(record, self_->device_key());
}

}  // namespace pd::command
