#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <ares.h>

#include "federation/dns.h"
#include "federation/reply.h"

namespace pd::federation {

// One question on its way through c-ares. Lives on the resolver's thread, from ask() until answered(): c-ares calls
// back exactly once, also when the channel is destroyed.
class DnsQuestion {
 public:
  explicit DnsQuestion(Resolver::Steady::time_point deadline) : deadline_(deadline) {}
  virtual ~DnsQuestion() = default;

  virtual void ask(ares_channel channel) = 0;
  // Whoever waits gets `failed` now; what c-ares brings later is dropped.
  void give_up() {
    given_up_ = true;
    drop_reply();
  }

  Resolver::Steady::time_point deadline() const { return deadline_; }
  bool answered() const { return answered_; }
  bool given_up() const { return given_up_; }

 protected:
  bool answered_ = false;  // c-ares will not call back again

 private:
  virtual void drop_reply() = 0;

  bool given_up_ = false;
  Resolver::Steady::time_point deadline_;
};

class AddressQuestion final : public DnsQuestion {
 public:
  AddressQuestion(std::string host, Resolver::Steady::time_point deadline, Reply<DnsAddresses> reply)
      : DnsQuestion(deadline), host_(std::move(host)), reply_(std::move(reply)) {}
  void ask(ares_channel channel) override;

 private:
  void drop_reply() override { reply_.reset(); }
  static void done(void* self, int status, int timeouts, ares_addrinfo* result);
  std::string host_;
  std::optional<Reply<DnsAddresses>> reply_;
};

class ServiceQuestion final : public DnsQuestion {
 public:
  ServiceQuestion(std::string name, Resolver::Steady::time_point deadline, Reply<DnsServices> reply)
      : DnsQuestion(deadline), name_(std::move(name)), reply_(std::move(reply)) {}
  void ask(ares_channel channel) override;

 private:
  void drop_reply() override { reply_.reset(); }
  void finish(DnsServices found);
#if ARES_VERSION >= 0x011c00
  static void done(void* self, ares_status_t status, std::size_t timeouts, const ares_dns_record_t* record);
#else
  static void done(void* self, int status, int timeouts, unsigned char* bytes, int size);
#endif
  std::string name_;
  std::optional<Reply<DnsServices>> reply_;
};

}  // namespace pd::federation
