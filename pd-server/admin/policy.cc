#include "federation/policy.h"

#include <vector>

#include <fmt/format.h>

#include "admin/command_list.h"
#include "admin/program.h"
#include "federation/community.h"
#include "federation/url.h"
#include "ops/file.h"

namespace pd::admin {
namespace {

using federation::CommunityRule;
using federation::Direction;
using federation::Policy;
using identity::Domain;
using identity::Json;

Policy read_policy(const std::string& file) {
  auto policy = Policy::parse(ops::read_bounded(file, federation::max_policy_bytes));
  if (!policy) throw Problem(file + ": " + policy.error().message);
  return *std::move(policy);
}

// The lists that the server last fetched, when its data directory is named; otherwise nobody is in any.
class Lists {
 public:
  explicit Lists(const Program& program, bool use_store) : now_(program.now()) {
    if (use_store) store_ = program.open();
  }

  bool contains(const CommunityRule& rule, const Domain& domain) const {
    if (!store_) return false;
    const auto url = federation::parse_url(rule.url);
    const auto text = wait(store_->remote_list(rule.url));
    if (!url || !text) return false;
    const auto list = federation::CommunityList::parse(*text, url->host, rule.key_id);
    return list && list->check_time(now_) && list->contains(domain);
  }

 private:
  identity::Time now_;
  std::unique_ptr<store::Store> store_;
};

void check(const Program& program, const std::string& file, const std::vector<std::string>& domains) {
  const Policy policy = read_policy(file);
  const Lists lists(program, program.has_data());
  const auto member = [&](const CommunityRule& rule, const Domain& domain) { return lists.contains(rule, domain); };
  std::string text;
  Json json = Json::array();
  for (const auto& name : domains) {
    const auto domain = Domain::parse(name);
    if (!domain) throw Misuse("'" + name + "' is not a domain: " + domain.error().message);
    const auto ask = policy.decide(Direction::ask, *domain, member);
    const auto answer = policy.decide(Direction::answer, *domain, member);
    const auto line = [&](std::string_view what, const Policy::Decision& decision) {
      text +=
          fmt::format("{:<32} {:<14} {:<4} {}\n", domain->text(), what, decision.allowed ? "yes" : "no", decision.why);
    };
    line("we ask them", ask);
    line("they ask us", answer);
    json.push_back({{"domain", domain->text()},
                    {"ask", {{"allowed", ask.allowed}, {"why", ask.why}}},
                    {"answer", {{"allowed", answer.allowed}, {"why", answer.why}}},
                    {"private", policy.allows_private(*domain)}});
  }
  if (!policy.communities().empty() && !program.has_data())
    text += "Lists of communities are not looked at without --data.\n";
  if (domains.empty()) text = file + " is a policy\n";
  program.say(text, json);
}

}  // namespace

int policy(const Context& context, std::span<const std::string> arguments) {
  Program program(context, "policy", "The trust policy: with which domains the server federates.");
  std::string file;
  std::vector<std::string> domains;
  auto& checking = program.action("check", "Read a policy, and say what it decides about some domains, and why.",
                                  [&] { check(program, file, domains); });
  checking.add_option("FILE", file, "The policy.")->type_name("")->required();
  checking.add_option("DOMAIN", domains, "Other domains.")->type_name("");
  return program.run(arguments);
}

}  // namespace pd::admin
