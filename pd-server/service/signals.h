#pragma once

#include <memory>
#include <string>
#include <vector>

#include "federation/remote.h"
#include "identity/http_signature.h"
#include "identity/signal.h"
#include "limit/table.h"
#include "service/authentication.h"
#include "service/directory.h"
#include "service/home.h"
#include "service/mailboxes.h"

namespace pd::service {

// Signals on their way: from a device of ours, to one of ours (SGN-20 … SGN-28 and EVT-1 of signals.md). Nobody learns
// here whether anybody listens. Any thread.
class Signals {
 public:
  // Of one sender, and of one other domain; both counted by the signal, and only when they are proven.
  struct Limits {
    limit::Rate sender{1, 120};
    limit::Rate domain{50, 500};
    std::size_t keys = 100'000;  // how many senders, and how many domains, are counted at a time
  };

  Signals(Home& home, Directory& directory, Authentication& authentication, federation::Remote& remote,
          Mailboxes& mailboxes, Limits limits, SteadyClock steady);

  // Takes the signals that are the body of `request`, of a person of ours or of another server, or passes them on to
  // the domain that they are for. Throws Refusal, store::Failure, federation::RemoteError.
  awaitable<void> send(identity::HttpRequest request);

  // The events of the device that signed `request`. Throws Refusal, store::Failure.
  awaitable<std::unique_ptr<Listening>> listen(identity::HttpRequest request, std::string last_id);

 private:
  using Batch = std::vector<identity::Signal>;  // 1 to 16, of one sender, for one person, each for another device

  static Batch read(const std::string& body);
  awaitable<void> send_from_here(Batch batch, identity::HttpRequest request);
  awaitable<void> send_from_elsewhere(Batch batch, identity::HttpRequest request);
  void verify(const Batch& batch, const Person& sender);
  awaitable<void> deliver(Batch batch);
  void count(limit::Table& table, const std::string& key, std::size_t signals);

  Home& home_;
  Directory& directory_;
  Authentication& authentication_;
  federation::Remote& remote_;
  Mailboxes& mailboxes_;
  limit::Table senders_;
  limit::Table domains_;
  const SteadyClock steady_;
};

}  // namespace pd::service
