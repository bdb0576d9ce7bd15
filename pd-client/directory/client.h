#pragma once

#include <optional>
#include <string>
#include <vector>

#include "directory/failure.h"
#include "directory/transport.h"
#include "identity/address.h"
#include "identity/descriptor.h"
#include "identity/endpoint.h"
#include "identity/key.h"
#include "identity/operation.h"
#include "identity/resolution.h"

namespace pd::directory {

// A server's error answer (RFC 9457). `name` is what follows "urn:pd:problem:", empty when the answer was no problem of
// ours.
class Problem : public Failure {
 public:
  Problem(Kind kind, int status, std::string name, const std::string& what, std::string hint = {})
      : Failure(kind, what, std::move(hint)), status_(status), name_(std::move(name)) {}
  int status() const { return status_; }
  const std::string& name() const { return name_; }
  // No repetition changes it; a limit or a challenge that was lost is not final.
  bool final() const { return status_ / 100 == 4 && status_ != 401 && status_ != 408 && status_ != 429; }

 private:
  int status_;
  std::string name_;
};

// The HTTP API of one server (schema/openapi.yaml), request by request. What it returns is parsed, not verified: Lookup
// does that. Throws Problem for what the server refuses, Failure (unreachable) when it cannot be asked.
class Client {
 public:
  // `service`: where the server of `api` is when not at that host and port.
  Client(const Transport& transport, Origin api, std::optional<ServiceTarget> service, Clock clock);

  // GET /v1/identities/{address}. A 404 that is no resolution is a Problem like any other, and proves nothing.
  identity::Resolution resolve(const identity::Address& address) const;
  // The same of what the server has kept of other domains: it asks nobody (API-14).
  identity::Resolution resolve_kept(const identity::Address& address) const;

  // PUT /v1/identities/{address}, request and operation signed by the same key.
  identity::Resolution put_operation(const identity::Operation& operation, const identity::PrivateKey& signer,
                                     const std::optional<std::string>& invite = {}) const;

  // PUT /v1/identities/{address}/endpoints/{device}
  void put_endpoint(const identity::EndpointRecord& record, const identity::PrivateKey& device_key) const;

  // POST /v1/signals: 1–16 signals of `sender`'s device, all to one person. That the server takes them says nothing of
  // whether anybody is there.
  void post_signals(const std::vector<std::string>& signals, const identity::Address& sender,
                    const identity::PrivateKey& device_key) const;

  // GET /v1/events: what comes for this device of `owner`, until the server ends it; from after the event `last_id`,
  // where that is not empty. Blocks, and throws as Transport::stream() does.
  void events(const identity::Address& owner, const identity::PrivateKey& device_key, const std::string& last_id,
              const Streaming& streaming) const;

  // GET /v1/identities/{callee}/endpoints, asked by a registered caller. The records are not verified: each still needs
  // EndpointRecord::parse() and verify() against the callee's verified state.
  std::vector<std::string> endpoints(const identity::Address& callee, const identity::Address& caller,
                                     const identity::PrivateKey& device_key) const;

 private:
  std::string challenge() const;
  HttpExchange signed_by(HttpExchange exchange, const identity::PrivateKey& key) const;
  HttpAnswer send_signed(HttpExchange exchange, const identity::PrivateKey& key) const;
  HttpAnswer send(HttpExchange exchange) const;

  const Transport& transport_;
  Origin api_;
  std::optional<ServiceTarget> service_;
  Clock clock_;
};

struct FoundDomain {
  identity::Descriptor descriptor;
  std::optional<ServiceTarget> service;  // where it was found, when not at port 443 of the domain
};

// GET https://DOMAIN/.well-known/pd, at the domain or where its SRV records say (FED-1, FED-2), verified to be about
// `domain` and in time. Throws Failure: unreachable, or unverified when what came does not verify.
FoundDomain fetch_descriptor(const Transport& transport, const identity::Domain& domain, identity::Time now);

}  // namespace pd::directory
