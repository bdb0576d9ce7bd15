#pragma once

#include <optional>
#include <string>

#include "identity/http_signature.h"
#include "identity/operation.h"
#include "service/authentication.h"
#include "service/directory.h"
#include "service/home.h"
#include "service/reserved_names.h"
#include "store/store.h"

namespace pd::service {

// An operation that somebody wants written down.
struct Submission {
  Address address;                // of this domain; whose history it is for
  identity::HttpRequest request;  // signed; its body is the operation
  std::optional<std::string> invite;
  std::string source;  // where it came from, for the limit on registrations
};

struct Accepted {
  bool created;  // the name is new; false for every later operation and for one that was accepted before
  AnswerPtr answer;
};

// Takes operations into the histories of this domain (REG-* of directory-api.md). Any thread.
class Registration {
 public:
  Registration(Home& home, Directory& directory, Authentication& authentication, store::Store& store,
               ReservedNames reserved, limit::Rate rate, std::size_t sources, SteadyClock steady);

  // Checks everything, then writes. When it returns, the operation survives a crash. The newest operation
  // once more is a success. Throws Refusal, store::Failure.
  awaitable<Accepted> submit(Submission submission);

 private:
  void prove(const identity::RequestSignature& signature, const identity::Operation& operation,
             const store::Lookup& found);
  void check_name(const Submission& submission, const store::Lookup& found) const;
  void count(const std::string& source);

  Home& home_;
  Directory& directory_;
  Authentication& authentication_;
  store::Store& store_;
  const ReservedNames reserved_;
  limit::Table sources_;
  const SteadyClock steady_;
};

}  // namespace pd::service
