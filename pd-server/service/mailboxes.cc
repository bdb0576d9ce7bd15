#include "service/mailboxes.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include "identity/encoding.h"
#include "service/refusal.h"

namespace pd::service {
namespace {

using limit::Nanos;

constexpr const char* help = "Signals for devices of this domain, and from them; expired are those that nobody got.";
constexpr std::size_t tag_bytes = 6;
constexpr std::size_t bytes_beside_the_text = 400;  // names, lists

std::size_t room_of(std::string_view text) {
  return text.size() + bytes_beside_the_text;
}

std::string event_id(const std::string& tag, std::uint64_t number) {
  return tag + "." + std::to_string(number);
}

// The number in an id of the box with that tag, at most `last`; 0 for any other text.
std::uint64_t event_number(std::string_view id, const std::string& tag, std::uint64_t last) {
  if (!id.starts_with(tag + ".")) return 0;
  id.remove_prefix(tag.size() + 1);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  return error == std::errc() && end == id.data() + id.size() && number <= last ? number : 0;
}

}  // namespace

Mailboxes::Mailboxes(Bounds bounds, SteadyClock steady, ops::Metrics& metrics)
    : bounds_(bounds),
      steady_(std::move(steady)),
      taken_(metrics.counter("pd_signals", help, {{"result", "taken"}})),
      expired_(metrics.counter("pd_signals", help, {{"result", "expired"}})),
      refused_(metrics.counter("pd_signals", help, {{"result", "refused"}})),
      replays_(bounds.remembered) {}

void Mailboxes::take(const std::vector<identity::Signal>& signals) {
  const Nanos now = steady_();
  const std::lock_guard lock(mutex_);
  expire(now);
  for (const auto& signal : signals) {
    if (replays_.contains(signal.replay_key()))
      throw Refusal(Refused::signal_replayed, "This signal was taken before; sign a new one.");
    check_share(signal, now);
  }
  for (const auto& signal : signals) {
    replays_.remember(signal.replay_key(), signal.body().from.domain().text(), now);
    put(signal, now);
  }
  taken_.add(signals.size());
}

// The signals of one request are for different devices, so each is the only one for its box.
void Mailboxes::check_share(const identity::Signal& signal, Nanos now) {
  const auto box = boxes_.find(identity::base64url(signal.body().device));
  if (box == boxes_.end()) return;
  const std::string sender = signal.body().from.text();
  const auto& letters = box->second.letters;
  const auto own = [&](const Letters::iterator& letter) { return letter->sender == sender && letter->until > now; };
  if (static_cast<std::size_t>(std::ranges::count_if(letters, own)) < bounds_.of_sender) return;
  const auto oldest = std::ranges::find_if(letters, own);
  throw Refusal::for_now(Refused::rate_limited, "Too many signals of " + sender + " for one device.",
                         (*oldest)->until - now);
}

void Mailboxes::put(const identity::Signal& signal, Nanos now) {
  const std::string device = identity::base64url(signal.body().device);
  while (!letters_.empty() && bytes_ + room_of(signal.text()) > bounds_.bytes)
    drop(letters_.begin());
  make_room(device);
  Box& box = box_of(device);
  const auto life = std::min(bounds_.kept, std::chrono::seconds(signal.body().expires - signal.body().issued));
  letters_.push_back({device, signal.body().from.text(), signal.text(), ++box.last, now + life});
  bytes_ += room_of(signal.text());
  box.letters.push_back(std::prev(letters_.end()));
  if (box.listening != nullptr) box.listening->wake_();
}

// A full box loses the oldest of the sender who has most in it: nobody drives out what others have sent.
void Mailboxes::make_room(const std::string& device) {
  const auto found = boxes_.find(device);
  if (found == boxes_.end() || found->second.letters.size() < bounds_.of_device) return;
  const Box& box = found->second;
  std::map<std::string_view, std::size_t> counts;
  for (const auto& letter : box.letters)
    ++counts[letter->sender];
  const auto most = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; })->second;
  drop(*std::ranges::find_if(box.letters, [&](const auto& letter) { return counts[letter->sender] == most; }));
}

void Mailboxes::drop(Letters::iterator letter) {
  const std::string device = letter->device;
  Box& box = boxes_.at(device);
  std::erase(box.letters, letter);
  bytes_ -= room_of(letter->text);
  if (!letter->delivered) expired_.add();
  letters_.erase(letter);
  leave_if_empty(device);
}

// One that lives shorter may stand behind one that lives longer: it counts for nothing, and goes with that.
void Mailboxes::expire(Nanos now) {
  replays_.expire(now);
  while (!letters_.empty() && letters_.front().until <= now)
    drop(letters_.begin());
}

Mailboxes::Box& Mailboxes::box_of(const std::string& device) {
  Box& box = boxes_[device];
  if (box.tag.empty()) box.tag = identity::base64url(identity::random_bytes(tag_bytes));
  return box;
}

void Mailboxes::leave_if_empty(const std::string& device) {
  const auto box = boxes_.find(device);
  if (box->second.letters.empty() && box->second.listening == nullptr) boxes_.erase(box);
}

std::unique_ptr<Listening> Mailboxes::listen(std::string device, std::string last_id) {
  return std::unique_ptr<Listening>(new Listening(*this, std::move(device), std::move(last_id)));
}

void Mailboxes::sweep() {
  const std::lock_guard lock(mutex_);
  expire(steady_());
}

std::size_t Mailboxes::kept() const {
  const std::lock_guard lock(mutex_);
  return letters_.size();
}

std::size_t Mailboxes::streams() const {
  const std::lock_guard lock(mutex_);
  return streams_;
}

Listening::~Listening() {
  if (!begun_) return;
  const std::lock_guard lock(mailboxes_.mutex_);
  --mailboxes_.streams_;
  if (replaced_) return;
  mailboxes_.boxes_.at(device_).listening = nullptr;
  mailboxes_.leave_if_empty(device_);
}

void Listening::begin(std::function<void()> wake) {
  const std::lock_guard lock(mailboxes_.mutex_);
  Mailboxes::Box& box = mailboxes_.box_of(device_);
  if (box.listening != nullptr) {
    box.listening->replaced_ = true;
    box.listening->wake_();
  }
  box.listening = this;
  wake_ = std::move(wake);
  seen_ = event_number(last_id_, box.tag, box.last);
  std::string().swap(last_id_);
  begun_ = true;
  ++mailboxes_.streams_;
}

std::optional<Listening::Event> Listening::next() {
  const std::lock_guard lock(mailboxes_.mutex_);
  if (replaced_) return Event{.replaced = true};
  const Nanos now = mailboxes_.steady_();
  mailboxes_.expire(now);
  const Mailboxes::Box& box = mailboxes_.boxes_.at(device_);
  const auto unseen = std::ranges::find_if(
      box.letters, [&](const auto& letter) { return letter->number > seen_ && letter->until > now; });
  if (unseen == box.letters.end()) return std::nullopt;
  Mailboxes::Letter& letter = **unseen;
  letter.delivered = true;
  seen_ = letter.number;
  return Event{.id = event_id(box.tag, letter.number), .signal = letter.text};
}

}  // namespace pd::service
