#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

#include "authority.h"
#include "directory/lookup.h"
#include "folder.h"
#include "identity/descriptor.h"
#include "identity/history.h"
#include "identity/sample.h"
#include "tls_server.h"

namespace pd::directory::test {

// For what cannot fail in a test that is right.
inline void must(const identity::Result<void>& result) {
  if (!result) throw std::logic_error(result.error().message);
}

// What a domain signs, and what its server answers: the truth, until a test replaces a page.
class FakeDomain {
 public:
  FakeDomain(const Authority& authority, const std::string& name, std::string_view key_name = "domain");

  const identity::Domain& domain() const { return keys_.domain(); }
  std::uint16_t port() const { return server_.port(); }
  int asked() const { return server_.connections(); }

  identity::Json descriptor(std::uint64_t seq = 1, identity::Time issued = identity::sample::at(0)) const;
  std::string statement(const identity::History& history, identity::Time issued = identity::sample::at(0)) const;
  identity::Resolution resolution(const identity::History& history) const;
  identity::Resolution absence(const identity::Address& address, bool removed = false) const;

  // Hands the domain over to another key, signed by the one before.
  void rotate(std::string_view key_name);

  // Replaces an answer of the server. Without a page it says 404 and nothing else.
  void serve_descriptor() { serve("/.well-known/pd", 200, descriptor().dump()); }
  void serve(const identity::Address& address, const identity::Resolution& resolution);
  void serve(const std::string& path, int status, const std::string& body,
             const std::string& type = "application/json");
  void remove(const std::string& path);

 private:
  void answer(Connection& connection);

  identity::PrivateKey key_;
  identity::DomainKeys keys_;
  std::mutex mutex_;
  std::map<std::string, std::string> pages_;  // guarded by mutex_
  TlsServer server_;
};

// A client's side: pins in a folder, a transport that knows the fake domains, and a clock that stands still.
class Asker {
 public:
  Asker(const Authority& authority, std::initializer_list<const FakeDomain*> domains);
  // The DNS says that the service of that domain is there; none takes it back.
  void set_service(const std::string& domain, std::optional<std::uint16_t> port);

  Pins& pins() { return pins_; }
  const Transport& transport() const { return transport_; }
  // Asks through the server of `own`, or directly without one.
  Lookup lookup(std::optional<identity::Domain> own = {});
  void set_time(identity::Time now) { *now_ = now; }

 private:
  Folder folder_;
  std::shared_ptr<identity::Time> now_;
  std::map<std::string, std::uint16_t> services_;  // ports on loopback
  Pins pins_;
  Transport transport_;
};

}  // namespace pd::directory::test
