#include <type_traits>

#include "config/option.h"
#include "config/values.h"
#include "identity/statement.h"

namespace pd::config {
namespace {

using Values = std::span<const std::string>;

template <class Value>
struct Unwrap {
  using type = Value;
  static constexpr bool list = false;
};
template <class Value>
struct Unwrap<std::optional<Value>> {
  using type = Value;
  static constexpr bool list = false;
};
template <class Value>
struct Unwrap<std::vector<Value>> {
  using type = Value;
  static constexpr bool list = true;
};

// A value to read into, for types that have no empty one.
template <class Value>
Value blank() {
  return Value{};
}
template <>
identity::Domain blank() {
  return *identity::Domain::parse("domain.invalid");
}
template <>
Override blank() {
  return {blank<identity::Domain>(), 0, "", 0};
}

template <class Member>
Result<void> set_member(Member& member, Values values) {
  using Value = typename Unwrap<Member>::type;
  Member next{};
  for (const auto& text : values) {
    Value value = blank<Value>();
    if (auto done = read(text, value); !done) return done;
    if constexpr (Unwrap<Member>::list)
      next.push_back(std::move(value));
    else
      next = std::move(value);
  }
  member = std::move(next);
  return {};
}

template <class Member>
std::vector<std::string> get_member(const Member& member) {
  std::vector<std::string> texts;
  if constexpr (Unwrap<Member>::list) {
    for (const auto& value : member)
      texts.push_back(write(value));
  } else if constexpr (!std::is_same_v<Member, typename Unwrap<Member>::type>) {
    if (member) texts.push_back(write(*member));
  } else {
    texts.push_back(write(member));
    if (texts.front().empty()) texts.clear();
  }
  return texts;
}

// An option that is a member of Config: its type says how it is read, and whether it is a flag or a list.
template <class Member>
Option option(const char* name, const char* argument, Member Config::*member, const char* help) {
  Option made;
  made.name = name;
  made.kind = std::is_same_v<Member, bool> ? Kind::flag : Unwrap<Member>::list ? Kind::list : Kind::value;
  made.argument = argument;
  made.help = help;
  made.bare = std::is_same_v<Member, bool>;
  made.set = [member](Config& config, Values values) { return set_member(config.*member, values); };
  made.get = [member](const Config& config) { return get_member(config.*member); };
  return made;
}

// A whole number, or a time in seconds, within `range`.
template <class Member>
Option number(const char* name, const char* argument, Member Config::*member, Range range, const char* help) {
  using Read = std::conditional_t<std::is_integral_v<Member>, std::uint64_t, Member>;
  Option made{name, Kind::value, argument, help, std::is_integral_v<Member>, {}, {}};
  made.set = [member, range](Config& config, Values values) -> Result<void> {
    Read value{};
    for (const auto& text : values)
      if (auto done = read(text, value, range); !done) return done;
    config.*member = static_cast<Member>(value);
    return {};
  };
  made.get = [member](const Config& config) { return std::vector{write(static_cast<Read>(config.*member))}; };
  return made;
}

Option dns_servers() {
  Option made = option("dns-server", "ADDR[:PORT]", &Config::dns_servers,
                       "Ask this name server about other domains instead of the system's. May be given again.");
  made.set = [](Config& config, Values values) -> Result<void> {
    std::vector<std::string> servers;
    for (const auto& text : values) {
      auto server = dns_server(text);
      if (!server) return tl::unexpected(server.error());
      servers.push_back(*std::move(server));
    }
    config.dns_servers = std::move(servers);
    return {};
  };
  return made;
}

Option api() {
  Option made = option("api-url", "URL", &Config::api_url,
                       "Where clients and other servers reach this one, when that is not https://DOMAIN.");
  made.set = [](Config& config, Values values) -> Result<void> {
    for (const auto& text : values) {
      auto url = api_url(text);
      if (!url) return tl::unexpected(url.error());
      config.api_url = *std::move(url);
    }
    return {};
  };
  return made;
}

Option stun_host_option() {
  Option made = option("stun-host", "HOST", &Config::stun_host,
                       "The name or address by which clients reach --stun, when that is not DOMAIN.");
  made.set = [](Config& config, Values values) -> Result<void> {
    for (const auto& text : values) {
      auto host = stun_host(text);
      if (!host) return tl::unexpected(host.error());
      config.stun_host = *std::move(host);
    }
    return {};
  };
  return made;
}

std::vector<Option> make_options() {
  constexpr auto longest_statement = static_cast<std::uint64_t>(identity::max_statement_life.count());
  return {
      option("domain", "DOMAIN", &Config::domain, "The domain whose names this server answers for. Required."),
      option("data", "DIR", &Config::data,
             "Keep the database and the domain's key here; made at the first start. Required."),
      option(
          "listen", "ADDR:PORT", &Config::listen,
          "Serve HTTPS here; port 0 takes a free one. May be given again. Without it: [::]:443, or with --behind-proxy "
          "127.0.0.1:8080."),
      option(
          "metrics-listen", "ADDR:PORT", &Config::metrics_listen,
          "Serve /metrics here, in plain HTTP, with /healthz and /readyz. Whoever reaches it sees how many people are "
          "there; so it is an address of this machine, 127.0.0.1:9100 say. Without it the figures are not served."),
      option(
          "stun", "ADDR:PORT", &Config::stun,
          "Answer STUN here, over UDP and TCP, so that clients learn from where the world sees them; port 0 takes a "
          "free one. To be given twice, with two ports. Without it: [::]:3478 and [::]:3479, or nowhere when --listen "
          "is given."),
      stun_host_option(),
      option("tls-cert", "FILE", &Config::tls_certificate,
             "The server's certificate chain, PEM. Read again on SIGHUP."),
      option("tls-key", "FILE", &Config::tls_key, "The key of --tls-cert, PEM."),
      option("behind-proxy", "", &Config::behind_proxy,
             "Serve plain HTTP to a reverse proxy, and take the client's address from the last entry of "
             "X-Forwarded-For. Whoever "
             "reaches --listen without the proxy can name any address."),
      option("ca-file", "FILE", &Config::ca_file,
             "Trust these certificate authorities, PEM, for other domains instead of the system's."),
      option("resolve", "DOMAIN:PORT:ADDR:PORT", &Config::resolve,
             "Connect to ADDR:PORT where DOMAIN:PORT is meant. May be given again."),
      dns_servers(),
      option("policy", "FILE", &Config::policy,
             "The trust policy: with which domains this server federates. Without it: with all."),
      api(),
      option("registration", "MODE", &Config::registration,
             "Who may register: open (anyone), invite (whoever has a code) or closed (nobody)."),
      option("reserved", "NAME", &Config::reserved,
             "A name that nobody may register, besides the built-in ones. May be given again."),
      number("threads", "COUNT", &Config::threads, {0, 256}, "Threads that serve; 0 is one for each core."),
      number("statement-life", "TIME", &Config::statement_life, {60, longest_statement},
             "How long a signed statement about a name is valid."),
      number("answer-fresh", "TIME", &Config::answer_fresh, {0, longest_statement},
             "How long others may use an answer before they ask again."),
      number("remote-timeout", "TIME", &Config::remote_timeout, {1, 60},
             "How long one exchange with another domain may take."),
      number("shutdown-grace", "TIME", &Config::shutdown_grace, {0, 600},
             "How long requests under way may take to finish when the server is stopped."),
      number("connections", "COUNT", &Config::connections, {16, 1'000'000}, "Connections at a time."),
      number("cache-answers", "COUNT", &Config::cache_answers, {0, 10'000'000}, "Answers kept ready in memory."),
      option("rate-address", "PER_SECOND:BURST", &Config::rate_address,
             "Requests from one IPv4 address or IPv6 /56: in the long run a second, and at once."),
      option("rate-registration", "PER_SECOND:BURST", &Config::rate_registration,
             "Registrations from one IPv4 address or IPv6 /56, tried or done."),
      option("rate-account", "PER_SECOND:BURST", &Config::rate_account, "Signed requests of one identity."),
      option("rate-domain", "PER_SECOND:BURST", &Config::rate_domain, "Requests of one other domain."),
      option("rate-stun", "PER_SECOND:BURST", &Config::rate_stun, "STUN answers to one IPv4 address or IPv6 /56."),
      option("log-level", "LEVEL", &Config::log_level, "The least to log: debug, info, warning or error."),
      option("log-format", "FORMAT", &Config::log_format, "How to log, on standard error: text or json."),
      option("ready-file", "FILE", &Config::ready_file,
             "Write the bound addresses and ports here once the server serves, one a line, that of --metrics-listen "
             "behind "
             "the word metrics, those of STUN behind the word stun. For scripts."),
  };
}

tl::unexpected<identity::Error> misfit(std::string message) {
  return identity::fail(identity::Reason::not_allowed, "", std::move(message));
}

}  // namespace

const std::vector<Option>& options() {
  static const std::vector<Option> all = make_options();
  return all;
}

void set_what_follows(Config& config) {
  // A second server on the same machine listens elsewhere, and must not trip over the ports of the first.
  if (config.listen.empty() && config.stun.empty()) config.stun = {{"::", 3478}, {"::", 3479}};
  // Plain HTTP is for a proxy on this machine, and for nobody else who comes by.
  if (config.listen.empty()) config.listen = {config.behind_proxy ? Listen{"127.0.0.1", 8080} : Listen{"::", 443}};
  if (config.api_url.empty() && config.domain) config.api_url = "https://" + config.domain->text();
  if (config.stun_host.empty() && config.domain) config.stun_host = config.domain->text();
}

Result<RunConfig> complete(Config config) {
  if (!config.domain) return misfit("--domain is missing: the domain whose names this server answers for");
  if (config.data.empty()) return misfit("--data is missing: the directory for the database and the domain's key");
  if (config.tls_certificate.has_value() != config.tls_key.has_value())
    return misfit("--tls-cert and --tls-key are only of use together");
  if (config.behind_proxy && config.tls_certificate)
    return misfit("--behind-proxy serves plain HTTP: --tls-cert and --tls-key do not go with it");
  if (!config.behind_proxy && !config.tls_certificate)
    return misfit("--tls-cert and --tls-key are missing (or --behind-proxy, where a proxy speaks TLS)");
  if (config.answer_fresh > config.statement_life) return misfit("--answer-fresh is longer than --statement-life");
  if (config.stun.size() > identity::max_stun_servers) return misfit("--stun: more than 4, which nobody would read");
  for (const auto& name : config.reserved)
    if (auto address = identity::Address::parse(name + "@" + config.domain->text()); !address)
      return misfit("--reserved: '" + name.substr(0, 100) + "' is not a name: " + address.error().message);
  set_what_follows(config);
  std::optional<RunConfig::Tls> tls;
  if (config.tls_certificate) tls = {*config.tls_certificate, *config.tls_key};
  return RunConfig{*config.domain, std::move(tls), std::move(config)};
}

}  // namespace pd::config
