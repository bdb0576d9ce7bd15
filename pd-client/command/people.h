#pragma once

#include <memory>
#include <string>
#include <vector>

#include "command/context.h"
#include "connect/tls_context.h"
#include "directory/lookup.h"
#include "session/people.h"

namespace pd::command {

// Who the owner of a home is to others. Throws Failure: no account, no device key.
std::shared_ptr<const connect::Credentials> own_credentials(Context& context);

// The people of the real directory, as the owner of `self` sees them.
class DirectoryPeople final : public session::People {
 public:
  // `lookup` outlives it.
  DirectoryPeople(const directory::Lookup& lookup, std::shared_ptr<const connect::Credentials> self);

  directory::VerifiedPeer find(const identity::Address& address) override;
  directory::VerifiedPeer find_quietly(const identity::Address& address) override;
  session::Whereabouts endpoints(const directory::VerifiedPeer& peer) override;
  void publish(const std::vector<identity::TcpEndpoint>& endpoints) override;

 private:
  std::vector<std::string> records_of(const identity::Address& callee) const;
  [[noreturn]] void explain(const directory::Problem& problem) const;

  const directory::Lookup& lookup_;
  std::shared_ptr<const connect::Credentials> self_;
};

}  // namespace pd::command
