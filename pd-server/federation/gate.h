#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>

#include "federation/flights.h"
#include "federation/remote.h"
#include "federation/reply.h"

namespace pd::federation {

struct GateRule {
  std::size_t a_domain = 32;    // at once to one domain
  std::size_t queued = 256;     // waiting for their turn there
  std::size_t overall = 1'024;  // at once to all domains; above it nobody queues
};

// How many may ask at once, so that a domain that answers slowly holds up itself alone (FED-15). One thread.
class Gate {
 public:
  explicit Gate(GateRule rule) : rule_(rule) {}

  // The right to ask a domain, given back on destruction. The gate outlives it.
  class Permit {
   public:
    Permit() = default;
    Permit(Permit&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)), domain_(std::move(other.domain_)) {}
    Permit& operator=(Permit&& other) noexcept {
      std::swap(gate_, other.gate_);
      std::swap(domain_, other.domain_);
      return *this;
    }
    ~Permit() {
      if (gate_ != nullptr) gate_->leave(domain_);
    }

   private:
    friend class Gate;
    Permit(Gate* gate, std::string domain) : gate_(gate), domain_(std::move(domain)) {}
    Gate* gate_ = nullptr;
    std::string domain_;
  };

  // At once, or in turn. Throws RemoteError (busy) when too many ask or wait already: half of the places are for
  // domains that are known, because names of unknown ones can be made up (FED-15).
  awaitable<Permit> enter(std::string domain, bool known = true);
  // True when only domains that are known get in.
  bool crowded() const { return inside_ >= rule_.overall / 2; }

  // Whoever waits for a turn gets `unreachable`.
  void abandon();

  std::size_t inside() const { return inside_; }

 private:
  enum class Turn { given, refused };
  struct Lane {
    std::size_t inside = 0;
    std::deque<Reply<Turn>> queue;
  };

  void leave(const std::string& domain);

  const GateRule rule_;
  std::unordered_map<std::string, Lane> lanes_;  // of domains that somebody asks now
  std::size_t inside_ = 0;
};

}  // namespace pd::federation
