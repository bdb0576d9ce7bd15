#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <CLI/CLI.hpp>

#include "admin/admin.h"
#include "identity/address.h"
#include "identity/json.h"
#include "store/store.h"

// What the administration commands share: arguments, the store, and how things are said.
namespace pd::admin {

// Why a command cannot do what it was told, and what to do about it.
class Problem : public std::runtime_error {
 public:
  explicit Problem(const std::string& what, std::string hint = {}) : std::runtime_error(what), hint_(std::move(hint)) {}
  const std::string& hint() const { return hint_; }

 private:
  std::string hint_;
};

// The command may not be used like this: exit status 2 instead of 1.
class Misuse : public Problem {
 public:
  using Problem::Problem;
};

// One command while it runs. Its actions are subcommands ("list" of `pd-server user list`); each takes --data,
// --domain, --config and
// --json besides its own options.
class Program {
 public:
  Program(const Context& context, const std::string& name, const std::string& summary);

  // An action and what it does. Options of its own are added to what this returns, which belongs to the program.
  CLI::App& action(const std::string& name, const std::string& summary, std::function<void()> work);
  // The command is itself its one action.
  CLI::App& only(std::function<void()> work);

  // Reads the arguments and does what they ask. Returns the exit status.
  int run(std::span<const std::string> arguments);

  // The data directory that the arguments name. Throws Misuse when they do not.
  const std::filesystem::path& data() const;
  bool has_data() const { return !data_.empty(); }
  // The store in it, which must be there. Throws store::Failure.
  std::unique_ptr<store::Store> open() const;
  // The domain that the arguments name.
  const std::optional<identity::Domain>& domain() const { return domain_; }
  identity::Time now() const { return context_.clock(); }

  // The answer, in both forms; only the one that was asked for is printed.
  void say(const std::string& text, const identity::Json& json) const;
  bool json() const { return json_; }
  std::ostream& out() const { return context_.out; }

 private:
  void add_common(CLI::App& app);
  void settle();
  int fail(int status, const std::string& what, const std::string& hint) const;
  int fail_usage(const CLI::ParseError& error) const;

  const Context& context_;
  std::string name_;
  CLI::App app_;
  std::function<void()> chosen_;

  std::string data_text_;
  std::string domain_text_;
  std::string config_;
  bool json_ = false;
  std::filesystem::path data_;
  std::optional<identity::Domain> domain_;
};

// Runs a coroutine of the store to its end.
template <class Value>
Value wait(boost::asio::awaitable<Value> task) {
  boost::asio::io_context io;
  auto result = boost::asio::co_spawn(io, std::move(task), boost::asio::use_future);
  io.run();
  return result.get();
}

// "name" or "name@domain" as an address of `domain`. Throws Misuse.
identity::Address own_address(const std::string& text, const identity::Domain& domain);

// "2027-01-15T08:00:00Z" (RFC 3339).
std::string timestamp(identity::Time time);

}  // namespace pd::admin
