#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connect/tls_context.h"
#include "directory/lookup.h"
#include "directory/pins.h"
#include "directory/transport.h"
#include "identity/descriptor.h"
#include "identity/history.h"
#include "identity/key.h"

namespace pd::test {

// A new folder of one test, removed with it.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// People of several domains whose answers really verify, without a server: what Lookup makes of them are VerifiedPeers.
class Town {
 public:
  Town();

  // Registers somebody with these devices; the key of a device is device_key(address, name).
  void settle(const std::string& address, const std::vector<std::string>& devices = {"laptop"});
  // Registers somebody with a device whose key is another's: everybody can copy a public key.
  void settle_with_device_of(const std::string& address, const std::string& other);
  // Signs an update with other devices.
  void change_devices(const std::string& address, const std::vector<std::string>& devices);

  directory::VerifiedPeer find(const identity::Address& address) const;
  directory::VerifiedPeer find(const std::string& address) const;

  static identity::PrivateKey device_key(const std::string& address, const std::string& device);
  static std::shared_ptr<const connect::Credentials> credentials(const std::string& address,
                                                                 const std::string& device = "laptop");

 private:
  struct Domain;
  void add(const identity::IdentityState& state);
  Domain& domain_of(const identity::Address& address);

  Folder folder_;
  mutable directory::Pins pins_;
  directory::Transport transport_;
  directory::Lookup lookup_;
  std::map<std::string, std::shared_ptr<Domain>> domains_;
  std::map<identity::Address, identity::History> people_;
};

}  // namespace pd::test
