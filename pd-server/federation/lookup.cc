#include "federation/lookup.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <random>

#include "federation/family.h"
#include "federation/freshness.h"
#include "identity/encoding.h"
#include "identity/http_signature.h"

namespace pd::federation {
namespace {

using identity::Address;
using identity::Domain;
using identity::Seconds;

constexpr Seconds default_fresh{300};
constexpr Seconds longest_fresh{3600};
constexpr Seconds absence_fresh{30};
constexpr Seconds keep_again{600};
constexpr std::size_t nonce_bytes = 16;
constexpr std::size_t max_etag_bytes = 200;
constexpr std::size_t max_problem_bytes = 8 * 1024;
constexpr std::uint64_t longest_pause = 3600;
constexpr std::string_view problem_urn = "urn:pd:problem:";

Nanos steady_now() {
  return Steady::now().time_since_epoch();
}

double jitter() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(random);
}

const char* name_of(Trouble trouble) {
  switch (trouble) {
    case Trouble::refused_by_policy:
      return "refused_by_policy";
    case Trouble::refused_by_remote:
      return "refused_by_remote";
    case Trouble::unreachable:
      return "unreachable";
    case Trouble::busy:
      return "busy";
    case Trouble::forbidden_address:
      return "forbidden_address";
    case Trouble::lying:
      return "lying";
    case Trouble::key_changed:
      return "key_changed";
  }
  return "unknown";
}

// Does `trouble` say that the domain is not there, so that asking again soon is no use?
bool is_outage(Trouble trouble) {
  return trouble == Trouble::unreachable || trouble == Trouble::forbidden_address;
}

bool is_absence(const RemoteResolution& answer) {
  return std::holds_alternative<identity::VerifiedAbsence>(answer.verified);
}

Seconds freshness(const Answer& answer, bool absence) {
  return fresh_for(answer.cache_control, default_fresh, absence ? absence_fresh : longest_fresh);
}

// FED-10: which statuses bring a resolution; the others are errors.
void check_status(const Answer& answer) {
  const bool json = answer.content_type == "application/json";
  if ((answer.status == 200 || answer.status == 404) && json) return;
  if (answer.status == 401 || answer.status == 403)
    throw RemoteError(Trouble::refused_by_remote, "it refuses to answer this server");
  if (answer.status == 200) throw RemoteError(Trouble::lying, "its answer is not JSON", "FED-10");
  throw RemoteError(Trouble::unreachable, "it answers " + std::to_string(answer.status));
}

// SGN-24: which refusals are about the signals and are for the sender to know.
Relayed relayed(const Answer& answer) {
  if (answer.status == 202) return {.taken = true};
  const auto problem = identity::parse_object(answer.body);
  const auto type = problem.and_then([](const identity::Json& p) { return identity::string_member(p, "type", ""); });
  const auto about_signals = [&](std::string_view name) {
    return type && *type == std::string(problem_urn).append(name);
  };
  for (const std::string_view name : {"nobody", "device-removed", "signal-replayed", "rate-limited", "busy"}) {
    if (!about_signals(name)) continue;
    Relayed out{.taken = false, .problem = std::string(name)};
    if (const auto wait = identity::integer_member(*problem, "retry_after", "")) {
      out.retry_after = Seconds(std::min<std::uint64_t>(*wait, longest_pause));
    }
    return out;
  }
  if (answer.status < 500)
    throw RemoteError(Trouble::refused_by_remote, "it refuses signals: " + std::to_string(answer.status));
  throw RemoteError(Trouble::unreachable, "it answers " + std::to_string(answer.status));
}

}  // namespace

Lookup::Lookup(LookupParts parts)
    : parts_(std::move(parts)),
      fetched_(parts_.metrics.counter("pd_remote_answers", "Answers about other domains' names.", {{"from", "home"}})),
      revalidated_(parts_.metrics.counter("pd_remote_answers", "Answers about other domains' names.",
                                          {{"from", "revalidation"}})),
      stale_(parts_.metrics.counter("pd_remote_answers", "Answers about other domains' names.", {{"from", "stale"}})),
      duration_(parts_.metrics.histogram("pd_remote_seconds", "Time that asking another domain takes.")) {}

awaitable<Resolved> Lookup::ask(Address address) {
  auto known = co_await before(address);
  std::optional<RemoteError> failure;
  // A variable, because g++ 12 destroys a lambda twice that is written inside a co_await expression.
  std::function<awaitable<Resolved>()> work = [this, address, known] { return fetch(address, known); };
  try {
    co_return co_await guarded<Resolved>(address.domain(), std::move(work));
  } catch (const RemoteError& error) {
    failure = error;
  }
  note(address.domain(), *failure);
  if (auto old = co_await stale(address, std::move(known))) {
    stale_.add();
    co_return old;
  }
  throw RemoteError(*failure);
}

awaitable<Resolved> Lookup::kept(Address address) {
  auto known = co_await before(address);
  auto old = co_await stale(address, std::move(known));
  if (!old) throw RemoteError(Trouble::unreachable, "nothing is kept of " + address.text());
  co_return old;
}

awaitable<identity::Descriptor> Lookup::descriptor(Domain domain, bool again) {
  std::optional<RemoteError> failure;
  std::function<awaitable<std::shared_ptr<const Home>>()> work = [this, domain, again] {
    return parts_.discovery.find(domain, again);
  };
  try {
    const auto home = co_await guarded<std::shared_ptr<const Home>>(domain, std::move(work));
    co_return home->descriptor;
  } catch (const RemoteError& error) {
    failure = error;
  }
  if (is_outage(failure->trouble()) || failure->trouble() == Trouble::busy) {
    auto pinned = co_await parts_.discovery.pinned(domain);
    if (pinned && pinned->check_time(parts_.clock())) co_return std::move(*pinned);
  }
  throw RemoteError(*failure);
}

template <class T>
awaitable<T> Lookup::guarded(Domain domain, std::function<awaitable<T>()> work) {
  bool known = true;
  if (gate_.crowded()) {
    const auto pin = co_await parts_.discovery.pinned(domain);
    known = pin.has_value();
  }
  const auto permit = co_await gate_.enter(domain.text(), known);
  if (!breakers_.permits(domain.text(), steady_now()))
    throw RemoteError(Trouble::unreachable, domain.text() + " failed too often; it is not asked for a while");
  const auto begun = Steady::now();
  std::optional<RemoteError> failure;
  try {
    auto result = co_await work();
    breakers_.succeeded(domain.text());
    duration_.observe(std::chrono::duration<double>(Steady::now() - begun).count());
    co_return result;
  } catch (const RemoteError& error) {
    failure = error;
  }
  duration_.observe(std::chrono::duration<double>(Steady::now() - begun).count());
  if (is_outage(failure->trouble()))
    breakers_.failed(domain.text(), steady_now(), jitter());
  else if (failure->trouble() == Trouble::busy)
    breakers_.unanswered(domain.text());
  else
    breakers_.succeeded(domain.text());
  throw RemoteError(*failure);
}

awaitable<Before> Lookup::before(Address address) {
  Before known{parts_.cache.find(address.text()), {}};
  if (known.cached != nullptr) known.kept = known.cached->kept;
  if (known.cached != nullptr && !is_absence(*known.cached->answer)) co_return known;
  if (auto stored = co_await parts_.keeper.answer(address)) {
    known.stored = std::move(stored->resolution);
    known.kept = stored->fetched;
  }
  co_return known;
}

awaitable<Resolved> Lookup::fetch(Address address, Before before) {
  const auto home = co_await parts_.discovery.find(address.domain());
  const bool conditional =
      before.cached != nullptr && before.cached->usable(parts_.clock()) && !before.cached->etag.empty();
  std::optional<RemoteError> failure;
  try {
    auto etag = conditional ? before.cached->etag : std::string();
    auto answer = co_await request(address, home, std::move(etag));
    if (answer.status == 304 && conditional) co_return revalidated(address, before, answer);
    check_status(answer);
    co_return co_await accepted(address, home, std::move(before), std::move(answer));
  } catch (const RemoteError& error) {
    failure = error;
  }
  if (failure->trouble() == Trouble::unreachable) parts_.discovery.doubt(address.domain());
  if (failure->trouble() == Trouble::key_changed) parts_.discovery.report_changed_key(address.domain());
  throw RemoteError(*failure);
}

// FED-6: signed with our domain key, so that the other side can tell who asks.
Ask Lookup::signed_ask(const Home& home, const std::string& target, std::string body) const {
  const auto key = parts_.domain_key();
  identity::HttpRequest request{body.empty() ? "GET" : "POST",
                                "https://" + home.api.authority() + target,
                                std::move(body),
                                {{"pd-identity", parts_.own.text()}}};
  const auto nonce = identity::base64url(identity::random_bytes(nonce_bytes));
  auto signature = identity::sign_request(
      request, *key, {key->public_key().id(), parts_.clock(), nonce, std::string(identity::tag_federation)});
  Ask ask{.authority = home.api.authority(),
          .target = target,
          .headers = std::move(request.headers),
          .max_body = identity::max_resolution_bytes,
          .deadline = Steady::now() + parts_.timeout,
          .payer = std::string(family_of(home.descriptor.body().domain.text())),
          .body = std::move(request.body)};
  std::ranges::move(signature, std::back_inserter(ask.headers));
  return ask;
}

awaitable<Answer> Lookup::request(Address address, std::shared_ptr<const Home> home, std::string etag) {
  Ask ask = signed_ask(*home, "/v1/identities/" + address.text(), {});
  if (!etag.empty()) ask.headers.emplace_back("if-none-match", std::move(etag));
  const auto deadline = ask.deadline;
  co_return co_await parts_.client.get(home->where, std::move(ask), deadline);
}

awaitable<Relayed> Lookup::relay(Domain domain, std::string body) {
  std::optional<RemoteError> failure;
  std::function<awaitable<Relayed>()> work = [this, domain, body] { return hand_over(domain, body); };
  try {
    co_return co_await guarded<Relayed>(domain, std::move(work));
  } catch (const RemoteError& error) {
    failure = error;
  }
  if (failure->trouble() == Trouble::unreachable) parts_.discovery.doubt(domain);
  note(domain, *failure);
  throw RemoteError(*failure);
}

awaitable<Relayed> Lookup::hand_over(Domain domain, std::string body) {
  const auto home = co_await parts_.discovery.find(domain);
  Ask ask = signed_ask(*home, "/v1/signals", std::move(body));
  ask.max_body = max_problem_bytes;
  const auto deadline = ask.deadline;
  const auto answer = co_await parts_.client.get(home->where, std::move(ask), deadline);
  co_return relayed(answer);
}

// The home says that what we have still holds.
Resolved Lookup::revalidated(const Address& address, const Before& before, const Answer& answer) {
  Cached next = *before.cached;
  auto fresh = std::make_shared<RemoteResolution>(*next.answer);
  fresh->fresh_until = std::min(parts_.clock() + freshness(answer, is_absence(*fresh)), next.expires);
  next.answer = fresh;
  parts_.cache.put(address.text(), std::move(next));
  revalidated_.add();
  return fresh;
}

awaitable<Resolved> Lookup::accepted(Address address, std::shared_ptr<const Home> home, Before before, Answer answer) {
  const auto now = parts_.clock();
  const auto kept = before.kept;
  Claim claim{address, home->descriptor, std::move(before), now};
  // `answer` keeps its share of the budget until the body was judged.
  auto body = std::make_shared<const std::string>(std::move(answer.body));
  std::function<Outcome<Judged>(const Claim&)> how = [body](const Claim& about) { return judge(about, *body); };
  body.reset();
  auto judged = co_await verdict(std::move(claim), std::move(how));
  if (!judged) throw RemoteError(judged.error());
  if (judged->newer) {
    if (judged->newer->keys().current() != home->descriptor.keys().current())
      parts_.cache.drop_domain(address.domain().text());
    co_await parts_.discovery.adopt(home, *judged->newer);
  }
  judged->answer->fresh_until = std::min(now + freshness(answer, is_absence(*judged->answer)), judged->expires);
  const auto stored = co_await keep(address, *judged, kept);
  if (answer.etag.size() > max_etag_bytes) answer.etag.clear();
  parts_.cache.put(address.text(), {judged->answer, nullptr, std::move(answer.etag), judged->expires, stored});
  fetched_.add();
  co_return judged->answer;
}

// Histories may be long and take long to verify: no domain has more than two of them before the workers (FED-19).
awaitable<Outcome<Judged>> Lookup::verdict(Claim claim, std::function<Outcome<Judged>(const Claim&)> how) {
  std::string family(family_of(claim.about.domain().text()));
  const auto permit = co_await judging_.enter(std::move(family));
  auto outcome = co_await await_reply<Outcome<Judged>>(
      Flights<Judged>::ended(), [this, &claim, &how](Reply<Outcome<Judged>> reply) {
        boost::asio::post(parts_.workers, [reply = std::move(reply), claim = std::move(claim),
                                           how = std::move(how)]() mutable { reply.send(how(claim)); });
      });
  co_return outcome;
}

// Absences stay out of the store: anybody can ask for any number of names that nobody has. Who was removed takes the
// place of their history (FED-12). What is there already is written again only now and then, for its statement's sake.
awaitable<identity::Time> Lookup::keep(Address address, const Judged& judged, identity::Time kept) {
  const auto now = parts_.clock();
  const auto* absence = std::get_if<identity::VerifiedAbsence>(&judged.answer->verified);
  if (absence != nullptr && !absence->removed()) co_return kept;
  if (!judged.grown && !judged.newer && now < kept + keep_again) co_return kept;
  store::RemoteAnswer value{*judged.answer->json, now, judged.expires};
  co_await parts_.keeper.put_answer(address, std::move(value));
  co_return now;
}

// FED-16: what was verified before and has not expired, from memory or from the store; null when there is none.
awaitable<Resolved> Lookup::stale(Address address, Before before) {
  const auto now = parts_.clock();
  if (before.cached != nullptr && before.cached->usable(now)) {
    if (before.cached->stale != nullptr) co_return before.cached->stale;
    Cached next = *before.cached;
    next.stale = mark_stale(*next.answer, now);
    parts_.cache.put(address.text(), next);
    co_return next.stale;
  }
  if (before.stored.empty()) co_return nullptr;
  auto home = co_await parts_.discovery.pinned(address.domain());
  if (!home || !home->check_time(now)) co_return nullptr;
  const auto stored_at = before.kept;
  Claim claim{address, std::move(*home), std::move(before), now};
  std::function<Outcome<Judged>(const Claim&)> how = judge_stored;
  const auto judged = co_await verdict(std::move(claim), std::move(how));
  if (!judged) co_return nullptr;
  Cached kept{judged->answer, mark_stale(*judged->answer, now), {}, judged->expires, stored_at};
  parts_.cache.put(address.text(), kept);
  co_return kept.stale;
}

void Lookup::note(const Domain& domain, const RemoteError& error) {
  parts_.metrics
      .counter("pd_remote_failures", "Failed questions to other domains.", {{"why", name_of(error.trouble())}})
      .add();
  const auto level = error.trouble() == Trouble::lying || error.trouble() == Trouble::forbidden_address
                         ? ops::Level::warning
                         : ops::Level::info;
  parts_.log.write(level, "remote.failed",
                   {{"domain", domain.text()}, {"trouble", name_of(error.trouble())}, {"why", error.what()}});
}

std::size_t Lookup::open_breakers() const {
  return breakers_.open(steady_now());
}

}  // namespace pd::federation
