#include "service/signals.h"

#include <algorithm>
#include <set>
#include <utility>

#include "identity/json.h"
#include "service/refusal.h"

namespace pd::service {
namespace {

using identity::Reason;
using identity::Signal;

constexpr std::size_t most_signals = 16;

bool is_device(const Person& person, std::string_view key_id) {
  return !person.ended && std::ranges::any_of(person.state.devices, [&](const identity::Device& device) {
    return device.key.id() == key_id;
  });
}

// What the other server says no by, as if it were our own rule (SGN-24).
Refusal relayed(const federation::Relayed& answer) {
  constexpr std::pair<std::string_view, Refused> problems[] = {
      {"nobody", Refused::nobody},
      {"device-removed", Refused::device_removed},
      {"signal-replayed", Refused::signal_replayed},
      {"rate-limited", Refused::rate_limited},
  };
  const auto* known = std::ranges::find(problems, answer.problem, &std::pair<std::string_view, Refused>::first);
  const Refused why = known == std::ranges::end(problems) ? Refused::busy : known->second;
  const std::string detail = "The receiver's server refuses: " + answer.problem + ".";
  return answer.retry_after ? Refusal::for_now(why, detail, *answer.retry_after) : Refusal(why, detail);
}

}  // namespace

Signals::Signals(Home& home, Directory& directory, Authentication& authentication, federation::Remote& remote,
                 Mailboxes& mailboxes, Limits limits, SteadyClock steady)
    : home_(home),
      directory_(directory),
      authentication_(authentication),
      remote_(remote),
      mailboxes_(mailboxes),
      senders_(limits.sender, limits.keys),
      domains_(limits.domain, limits.keys),
      steady_(std::move(steady)) {}

Signals::Batch Signals::read(const std::string& body) {
  const auto object = value_or_refuse(identity::parse_object(body), Refused::malformed);
  const auto* texts = value_or_refuse(identity::array_member(object, "signals", "SGN-20"), Refused::bad_record);
  if (texts->empty() || texts->size() > most_signals)
    throw broken(Reason::malformed, "SGN-20", "there must be 1 to 16 signals");
  Batch batch;
  std::set<identity::Hash> devices;
  for (const auto& text : *texts) {
    if (!text.is_string()) throw broken(Reason::malformed, "SGN-20", "a signal is a string");
    auto signal = value_or_refuse(Signal::parse(text.get_ref<const std::string&>()), Refused::bad_record);
    devices.insert(signal.body().device);
    batch.push_back(std::move(signal));
    const auto& first = batch.front().body();
    if (batch.back().body().from != first.from || batch.back().body().to != first.to)
      throw broken(Reason::wrong_subject, "SGN-20", "the signals must be of one sender, for one person");
  }
  if (devices.size() < batch.size()) throw broken(Reason::malformed, "SGN-20", "two signals are for one device");
  return batch;
}

awaitable<void> Signals::send(identity::HttpRequest request) {
  try {
    const auto signature = Authentication::signature_of(request);  // refuses the unsigned first
    auto batch = read(request.body);
    if (signature.parameters().tag == identity::tag_federation) {
      co_await send_from_elsewhere(std::move(batch), std::move(request));
    } else {
      co_await send_from_here(std::move(batch), std::move(request));
    }
  } catch (const Refusal&) {
    mailboxes_.note_refused();
    throw;
  }
}

awaitable<void> Signals::send_from_here(Batch batch, identity::HttpRequest request) {
  const Address from = batch.front().body().from;
  const Address to = batch.front().body().to;
  home_.require_own(from);
  if (Authentication::claimed_caller(request) != from)
    throw broken(Reason::wrong_subject, "SGN-21", "a signal is sent by the person who signed it");
  const auto caller = co_await authentication_.caller(request);
  for (const auto& signal : batch) {
    if (signal.sender_device() != caller.key.id())
      throw broken(Reason::wrong_key, "SGN-21", "the request must be signed by the device that signed the signals");
  }
  verify(batch, caller.person);
  count(senders_, from.text(), batch.size());
  if (to.domain() == home_.domain()) {
    co_await deliver(std::move(batch));
    co_return;
  }
  const auto answer = co_await remote_.relay(to.domain(), std::move(request.body));
  if (!answer.taken) throw relayed(answer);
}

awaitable<void> Signals::send_from_elsewhere(Batch batch, identity::HttpRequest request) {
  const auto domain = co_await authentication_.asking_domain(request);
  const Address from = batch.front().body().from;
  if (from.domain() != domain)
    throw broken(Reason::wrong_subject, "SGN-25", "the signals are not of people of " + domain.text());
  home_.require_own(batch.front().body().to);
  const auto sender = co_await directory_.person(from);
  if (!sender) throw broken(Reason::wrong_subject, "SGN-10", "there is nobody of the sender's name");
  verify(batch, *sender);
  count(domains_, domain.text(), batch.size());
  count(senders_, from.text(), batch.size());
  co_await deliver(std::move(batch));
}

void Signals::verify(const Batch& batch, const Person& sender) {
  if (sender.ended) throw broken(Reason::wrong_key, "SGN-11", "no key speaks for the sender any more");
  for (const auto& signal : batch)
    value_or_refuse(signal.verify(sender.state, home_.now()), Refused::bad_record);
}

awaitable<void> Signals::deliver(Batch batch) {
  const auto receiver = co_await directory_.person(batch.front().body().to);
  if (!receiver) throw Refusal(Refused::nobody, "There is nobody of that name.");
  for (const auto& signal : batch) {
    const auto device = identity::base64url(signal.body().device);
    if (!is_device(*receiver, device))
      throw Refusal(Refused::device_removed, "The device " + device + " is not one of theirs now.");
  }
  mailboxes_.take(batch);
}

awaitable<std::unique_ptr<Listening>> Signals::listen(identity::HttpRequest request, std::string last_id) {
  authentication_.signature_of(request);  // refuses the unsigned first
  home_.require_own(Authentication::claimed_caller(request));
  const auto caller = co_await authentication_.caller(request);
  auto device = caller.key.id();
  if (!is_device(caller.person, device)) throw broken(Reason::wrong_key, "EVT-1", "only a device gets events");
  co_return mailboxes_.listen(std::move(device), std::move(last_id));
}

void Signals::count(limit::Table& table, const std::string& key, std::size_t signals) {
  for (std::size_t i = 0; i < signals; ++i) {
    const auto wait = table.take(key, steady_());
    if (wait > limit::Nanos::zero())
      throw Refusal::for_now(Refused::rate_limited, "Too many signals of " + key + ".", wait);
  }
}

}  // namespace pd::service
