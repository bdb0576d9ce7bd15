#pragma once

#include <string>
#include <vector>

#include "identity/endpoint.h"
#include "identity/http_signature.h"
#include "service/authentication.h"
#include "service/directory.h"
#include "service/home.h"
#include "store/store.h"

namespace pd::service {

// Where devices can be reached: told by the devices themselves, handed only to people who say who they are (EPS-* of
// directory-api.md). Any thread.
class Endpoints {
 public:
  Endpoints(Home& home, Directory& directory, Authentication& authentication, store::Store& store);

  // Keeps the record that is the body of `request`, signed by that device. Throws Refusal, store::Failure.
  awaitable<void> publish(Address address, std::string device_id, identity::HttpRequest request);

  // The records of `address` that are in force, for the person who signed `request`. Throws Refusal, store::Failure,
  // federation::RemoteError.
  awaitable<std::vector<std::string>> of(Address address, identity::HttpRequest request);

 private:
  Home& home_;
  Directory& directory_;
  Authentication& authentication_;
  store::Store& store_;
};

}  // namespace pd::service
