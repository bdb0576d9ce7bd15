#pragma once

#include <utility>

#include "store/store.h"

namespace pd::service::testing {

using store::awaitable;

// Passes everything on to a real store; a test overrides what is to go wrong.
class ForwardingStore : public store::Store {
 public:
  explicit ForwardingStore(store::Store& real) : real_(real) {}

  using Address = store::Address;
  using Domain = store::Domain;
  using Time = store::Time;

  awaitable<store::Lookup> find(Address a) override { return real_.find(std::move(a)); }
  awaitable<store::AppendOutcome> append(store::Append a) override { return real_.append(std::move(a)); }
  awaitable<void> put_endpoint(Address a, store::Endpoint e, Time t) override {
    return real_.put_endpoint(std::move(a), std::move(e), t);
  }
  awaitable<std::vector<store::Endpoint>> endpoints(Address a, Time t) override {
    return real_.endpoints(std::move(a), t);
  }
  awaitable<std::optional<store::RemoteDomain>> remote_domain(Domain d) override {
    return real_.remote_domain(std::move(d));
  }
  awaitable<void> put_remote_domain(Domain d, store::RemoteDomain v) override {
    return real_.put_remote_domain(std::move(d), std::move(v));
  }
  awaitable<std::optional<store::RemoteAnswer>> remote_answer(Address a) override {
    return real_.remote_answer(std::move(a));
  }
  awaitable<void> put_remote_answer(Address a, store::RemoteAnswer v) override {
    return real_.put_remote_answer(std::move(a), std::move(v));
  }
  awaitable<std::optional<std::string>> remote_list(std::string u) override { return real_.remote_list(std::move(u)); }
  awaitable<void> put_remote_list(std::string u, std::string j) override {
    return real_.put_remote_list(std::move(u), std::move(j));
  }
  awaitable<std::vector<std::string>> domain_key_records() override { return real_.domain_key_records(); }
  awaitable<void> put_domain_key_records(std::vector<std::string> r) override {
    return real_.put_domain_key_records(std::move(r));
  }
  awaitable<std::uint64_t> next_descriptor_seq() override { return real_.next_descriptor_seq(); }
  awaitable<std::vector<store::UserSummary>> users(std::string a, std::uint32_t n) override {
    return real_.users(std::move(a), n);
  }
  awaitable<bool> tombstone(Address a, Time t) override { return real_.tombstone(std::move(a), t); }
  awaitable<store::NameState> reserve(Address a, Time t) override { return real_.reserve(std::move(a), t); }
  awaitable<bool> unreserve(Address a) override { return real_.unreserve(std::move(a)); }
  awaitable<std::vector<std::string>> reserved() override { return real_.reserved(); }
  awaitable<store::Invite> create_invite(std::uint32_t n, Time t, Time e, std::string note) override {
    return real_.create_invite(n, t, e, std::move(note));
  }
  awaitable<std::vector<store::Invite>> invites() override { return real_.invites(); }
  awaitable<bool> revoke_invite(std::string id) override { return real_.revoke_invite(std::move(id)); }
  awaitable<void> probe(Time t) override { return real_.probe(t); }
  const Domain& domain() const override { return real_.domain(); }
  std::uint64_t outside_changes() const override { return real_.outside_changes(); }

 private:
  store::Store& real_;
};

}  // namespace pd::service::testing
