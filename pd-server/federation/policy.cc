#include "federation/policy.h"

#include <algorithm>

#include "federation/url.h"
#include "identity/encoding.h"

namespace pd::federation {
namespace {

using identity::fail;
using identity::Reason;
using identity::Result;

constexpr std::string_view allowed_words = "a rule begins with default, allow, deny, community or private";

std::vector<std::string_view> split_words(std::string_view line) {
  if (const auto comment = line.find('#'); comment != std::string_view::npos) line = line.substr(0, comment);
  std::vector<std::string_view> words;
  constexpr std::string_view blanks = " \t\r";
  for (auto begin = line.find_first_not_of(blanks); begin != std::string_view::npos;) {
    const auto end = std::min(line.find_first_of(blanks, begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    begin = line.find_first_not_of(blanks, end);
  }
  return words;
}

// A domain, or "*." and the suffix of the domains meant (POL-4).
Result<std::string> parse_pattern(std::string_view text) {
  if (text == "*")
    return fail(Reason::malformed, "POL-4", "'*' alone is no pattern: write 'default allow' or 'default deny'");
  const bool wildcard = text.starts_with("*.");
  const auto domain = identity::Domain::parse(wildcard ? "x" + std::string(text.substr(1)) : std::string(text));
  if (!domain)
    return fail(Reason::malformed, "POL-4",
                "'" + std::string(text) + "' is neither a domain like example.org nor a pattern like *.example.org");
  return wildcard ? "*" + domain->text().substr(1) : domain->text();
}

// Looks for the domain itself, then for the wildcards above it, the longest first (POL-5).
template <class Map>
auto find_pattern(const Map& patterns, const std::string& domain) {
  auto found = patterns.find(domain);
  for (auto dot = domain.find('.'); found == patterns.end() && dot != std::string::npos;
       dot = domain.find('.', dot + 1))
    found = patterns.find("*" + domain.substr(dot));
  return found;
}

}  // namespace

// Reads one file, line by line.
class Policy::Reader {
 public:
  Result<void> line(std::string_view text, std::size_t number) {
    number_ = number;
    next_ = 0;
    if (text.size() > max_policy_line)
      return fail(Reason::too_large, "POL-2", "the line is too long (at most 1000 bytes)");
    words_ = split_words(text);
    if (words_.empty()) return {};
    if (++rules_ > max_policy_rules) return fail(Reason::too_large, "POL-2", "too many rules (at most 10000)");

    const auto verb = take();
    if (verb == "private") return private_rule();
    read_direction();
    if (verb == "default") return default_rule();
    if (verb == "allow") return pattern_rule(true);
    if (verb == "deny") return pattern_rule(false);
    if (verb == "community") return community_rule();
    return fail(Reason::malformed, "POL-3", "'" + std::string(verb) + "': " + std::string(allowed_words));
  }

  Policy take_policy() { return std::move(policy_); }

 private:
  std::string_view take() {
    if (next_ >= words_.size()) return {};
    return words_[next_++];
  }

  void read_direction() {
    const auto word = next_ < words_.size() ? words_[next_] : std::string_view{};
    ask_ = word != "answer";
    answer_ = word != "ask";
    if (!ask_ || !answer_) ++next_;
  }

  Result<void> end(std::string_view form) const {
    if (next_ == words_.size()) return {};
    return fail(Reason::malformed, "POL-3", "write: " + std::string(form));
  }

  Result<void> contradiction(std::size_t line) const {
    return fail(Reason::malformed, "POL-6", "this contradicts line " + std::to_string(line));
  }

  Result<void> default_rule() {
    constexpr std::string_view form = "default [ask|answer] allow|deny";
    const auto word = take();
    if (word != "allow" && word != "deny") return fail(Reason::malformed, "POL-3", "write: " + std::string(form));
    return set([&](Side& side) -> Result<void> {
      const Verdict wanted{word == "allow", number_};
      if (side.otherwise.line != 0 && side.otherwise.allow != wanted.allow) return contradiction(side.otherwise.line);
      side.otherwise = wanted;
      return end(form);
    });
  }

  Result<void> pattern_rule(bool allow) {
    const std::string form = std::string(allow ? "allow" : "deny") + " [ask|answer] DOMAIN or *.SUFFIX";
    const auto word = take();
    if (word.empty()) return fail(Reason::malformed, "POL-3", "write: " + form);
    const auto pattern = parse_pattern(word);
    if (!pattern) return tl::unexpected(pattern.error());
    return set([&](Side& side) -> Result<void> {
      const auto [place, fresh] = side.patterns.try_emplace(*pattern, Verdict{allow, number_});
      if (!fresh && place->second.allow != allow) return contradiction(place->second.line);
      return end(form);
    });
  }

  Result<void> community_rule() {
    constexpr std::string_view form = "community [ask|answer] https://HOST/PATH KEY-ID";
    const auto url_word = take();
    const auto key = take();
    if (key.empty()) return fail(Reason::malformed, "POL-3", "write: " + std::string(form));
    const auto url = parse_url(url_word);
    if (!url) return fail(Reason::malformed, "POL-7", "'" + std::string(url_word) + "': " + url.error().message);
    if (!identity::hash_from_base64url(key))
      return fail(Reason::malformed, "POL-7",
                  "a key id is 43 characters of base64url, the thumbprint of the list's key");
    if (policy_.communities_.size() == max_communities)
      return fail(Reason::too_large, "POL-2", "too many communities (at most 16)");
    policy_.communities_.push_back({url->text(), std::string(key), ask_, answer_, number_});
    return end(form);
  }

  Result<void> private_rule() {
    constexpr std::string_view form = "private DOMAIN or *.SUFFIX";
    const auto word = take();
    if (word.empty()) return fail(Reason::malformed, "POL-3", "write: " + std::string(form));
    const auto pattern = parse_pattern(word);
    if (!pattern) return tl::unexpected(pattern.error());
    policy_.private_.try_emplace(*pattern, number_);
    return end(form);
  }

  template <class Change>
  Result<void> set(Change change) {
    for (const auto& [wanted, direction] : {std::pair{ask_, Direction::ask}, std::pair{answer_, Direction::answer}}) {
      if (!wanted) continue;
      if (auto done = change(policy_.side(direction)); !done) return done;
    }
    return {};
  }

  Policy policy_;
  std::vector<std::string_view> words_;
  std::size_t next_ = 0;
  std::size_t number_ = 0;
  std::size_t rules_ = 0;
  bool ask_ = true;
  bool answer_ = true;
};

Policy Policy::open() {
  Policy policy;
  policy.ask_.otherwise.allow = true;
  policy.answer_.otherwise.allow = true;
  return policy;
}

Result<Policy> Policy::parse(std::string_view text) {
  if (text.size() > max_policy_bytes)
    return fail(Reason::too_large, "POL-2", "line 1: the file is too large (at most 1048576 bytes)");
  Reader reader;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    if (auto read = reader.line(text.substr(0, end), number); !read) {
      auto error = read.error();
      error.message.insert(0, "line " + std::to_string(number) + ": ");
      return tl::unexpected(std::move(error));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  auto policy = reader.take_policy();
  policy.from_file_ = true;
  return policy;
}

Policy::Decision Policy::decide(Direction direction, const identity::Domain& domain, const Membership& member) const {
  const auto& rules = side(direction);
  const auto word = [](bool allow) { return std::string(allow ? "allow" : "deny"); };
  const auto at = [](std::size_t line) { return " (line " + std::to_string(line) + ")"; };
  if (const auto found = find_pattern(rules.patterns, domain.text()); found != rules.patterns.end()) {
    const auto& [pattern, verdict] = *found;
    return {verdict.allow, word(verdict.allow) + " " + pattern + at(verdict.line)};
  }
  for (const auto& community : communities_) {
    const bool applies = direction == Direction::ask ? community.ask : community.answer;
    if (applies && member(community, domain)) return {true, "community " + community.url + at(community.line)};
  }
  if (!from_file_) return {rules.otherwise.allow, "no policy file"};
  if (rules.otherwise.line == 0) return {false, "no rule names it"};
  return {rules.otherwise.allow, "default " + word(rules.otherwise.allow) + at(rules.otherwise.line)};
}

bool Policy::allows(Direction direction, const identity::Domain& domain, const Membership& member) const {
  return decide(direction, domain, member).allowed;
}

bool Policy::allows_private(const identity::Domain& domain) const {
  return find_pattern(private_, domain.text()) != private_.end();
}

}  // namespace pd::federation
