#include "admin/program.h"

#include <algorithm>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "config/option.h"
#include "store/sqlite/open.h"

namespace pd::admin {
namespace {

constexpr std::size_t most_shown = 100;

std::string help_of(const std::string& command) {
  return "'" + command + " --help' says what is allowed";
}

}  // namespace

Program::Program(const Context& context, const std::string& name, const std::string& summary)
    : context_(context), name_("pd-server " + name), app_(summary, name_) {}

CLI::App& Program::action(const std::string& name, const std::string& summary, std::function<void()> work) {
  app_.require_subcommand(1);
  auto* made = app_.add_subcommand(name, summary);
  add_common(*made);
  made->callback([this, work = std::move(work)] { chosen_ = work; });
  return *made;
}

CLI::App& Program::only(std::function<void()> work) {
  add_common(app_);
  chosen_ = std::move(work);
  return app_;
}

void Program::add_common(CLI::App& app) {
  app.add_option("--data", data_text_, "The server's data directory.")->type_name("DIR");
  app.add_option("--domain", domain_text_, "The domain that it must belong to.")->type_name("DOMAIN");
  app.add_option("--config", config_, "Take both from this configuration file of the server.")->type_name("FILE");
  app.add_flag("--json", json_, "Answer in JSON.");
}

int Program::run(std::span<const std::string> arguments) {
  try {
    // CLI11 takes them from the back.
    app_.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    settle();
    chosen_();
    return 0;
  } catch (const CLI::CallForHelp&) {
    context_.out << app_.help();
    return 0;
  } catch (const CLI::ParseError& error) {
    return fail_usage(error);
  } catch (const Misuse& misuse) {
    return fail(2, misuse.what(), misuse.hint());
  } catch (const Problem& problem) {
    return fail(1, problem.what(), problem.hint());
  } catch (const std::exception& error) {
    return fail(1, error.what(), {});
  }
}

int Program::fail_usage(const CLI::ParseError& error) const {
  const auto chosen = app_.get_subcommands();
  if (!chosen.empty()) return fail(2, error.what(), help_of(name_ + " " + chosen.front()->get_name()));
  const auto unknown = app_.remaining();
  if (unknown.empty()) return fail(2, error.what(), help_of(name_));
  return fail(2, "there is no \"" + unknown.front().substr(0, most_shown) + "\"", help_of(name_));
}

// What the arguments leave open, the configuration file says.
void Program::settle() {
  config::Config config;
  if (!config_.empty())
    if (auto done = config::read_file(config_, config); !done) throw Misuse(done.error().message);
  data_ = data_text_.empty() ? config.data : std::filesystem::path(data_text_);
  domain_ = config.domain;
  if (domain_text_.empty()) return;
  auto domain = identity::Domain::parse(domain_text_);
  if (!domain) throw Misuse("--domain: " + domain.error().message);
  domain_ = *std::move(domain);
}

int Program::fail(int status, const std::string& what, const std::string& hint) const {
  context_.err << name_ << ": " << what << '\n';
  if (!hint.empty()) context_.err << "hint: " << hint << '\n';
  return status;
}

const std::filesystem::path& Program::data() const {
  if (data_.empty())
    throw Misuse("--data is missing", "name the server's data directory, or with --config its configuration file");
  return data_;
}

std::unique_ptr<store::Store> Program::open() const {
  store::sqlite::Options options;
  options.domain = domain_;
  options.readers = 1;
  return store::sqlite::open(data(), options);
}

void Program::say(const std::string& text, const identity::Json& json) const {
  if (json_)
    context_.out << json.dump(2) << '\n';
  else
    context_.out << text;
}

identity::Address own_address(const std::string& text, const identity::Domain& domain) {
  auto address = identity::Address::parse(text.find('@') == std::string::npos ? text + "@" + domain.text() : text);
  if (!address) throw Misuse(address.error().message);
  if (address->domain() != domain) throw Misuse(address->text() + " is not a name of " + domain.text());
  return *std::move(address);
}

std::string timestamp(identity::Time time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(time.time_since_epoch().count()));
}

}  // namespace pd::admin
