#pragma once

#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "http/message.h"
#include "identity/time.h"

namespace pd::api {

// An error as outsiders see it (RFC 9457). The types are part of the API (PROB-* of schema/spec/directory-api.md).
struct Problem {
  // The problem of that name, which the table in problem.cc must have: it knows the status and the title.
  explicit Problem(std::string_view name, std::string detail = {});

  unsigned status;
  std::string_view name;   // "type" is "urn:pd:problem:" and this
  std::string_view title;  // always the same for one name
  std::string detail;      // what happened this time; empty: nothing to add
  std::string rule{};      // of schema/spec, where one was broken
  std::optional<identity::Seconds> retry_after{};

  http::Response response() const;
};

// The one place that decides what outsiders see of an error.
Problem problem_of(const std::exception_ptr& error);

// For what never reaches a handler: no route, wrong method, and what the engine refuses.
Problem problem_of_status(unsigned status);

// The request is for a host that is not this one (RFC 9110, section 15.5.20).
Problem misdirected();

// This server's database does not work.
Problem storage_fails();

// What must be logged of an error that outsiders are told little about; empty for refusals.
std::string hidden_cause(const std::exception_ptr& error);

// A request that this layer itself refuses.
class Rejected : public std::runtime_error {
 public:
  explicit Rejected(Problem problem) : std::runtime_error(problem.detail), problem_(std::move(problem)) {}
  const Problem& problem() const { return problem_; }

 private:
  Problem problem_;
};

}  // namespace pd::api
