#include "punch/puncher.h"

#include <algorithm>
#include <utility>

namespace pd::punch {
namespace {

std::vector<Candidate> udp_candidates(const Setup& setup) {
  std::vector<Candidate> candidates = reachable_candidates(setup.remote, setup.machine);
  std::erase_if(candidates, [](const Candidate& candidate) { return candidate.transport != Transport::udp; });
  std::ranges::stable_sort(candidates, {}, path_over);
  return candidates;
}

ProbeCodec codec_of(const Setup& setup) {
  const bool calls = setup.role == Role::caller;
  return {setup.role, (calls ? setup.own : setup.remote).secret, (calls ? setup.remote : setup.own).secret};
}

Trouble trouble_with(const Pair* pair) {
  if (pair == nullptr) return Trouble::no_socket;
  return pair->is_heard ? Trouble::one_way : Trouble::no_answer;
}

}  // namespace

Puncher::Puncher(Setup setup, Instant now)
    : role_(setup.role),
      own_nat_(setup.own.nat),
      remote_nat_(setup.remote.nat),
      codec_(codec_of(setup)),
      candidates_(udp_candidates(setup)),
      socket_count_(setup.sockets.size()),
      checklist_(candidates_, setup.sockets, now),
      transactions_(setup.seed),
      spray_(Spray::plan(setup, now)),
      now_(now),
      gives_up_(now + (setup.role == Role::caller ? caller_gives_up_after : callee_gives_up_after)),
      paced_until_(now) {
  tick(now);
}

Instant Puncher::advance(Instant now) {
  return now_ = std::max(now_, now);
}

bool Puncher::receive(std::size_t socket, const TransportAddress& from, identity::ByteView datagram, Instant now) {
  const auto probe = codec_.read(datagram);
  if (!probe) return false;
  tick(now);
  if (state_ == State::failed) return true;
  if (probe->type == ProbeType::request) {
    handle_request(socket, from, *probe);
  } else {
    handle_response(socket, from, *probe);
  }
  return true;
}

void Puncher::sockets_opened(std::size_t count, Instant now) {
  advance(now);
  if (spray_) spray_->sockets_opened(socket_count_, count, now_);
  socket_count_ += count;
  tick(now);
}

void Puncher::tick(Instant now) {
  advance(now);
  if (state_ == State::searching) settle_if_due();
  if (state_ == State::searching && now_ >= gives_up_) give_up();
  if (state_ == State::searching) {
    send_due_spray();
    send_due_request();
  } else if (state_ == State::found) {
    keep_path();
  }
}

std::optional<Effect> Puncher::next() {
  if (effects_.empty()) return std::nullopt;
  Effect effect = std::move(effects_.front());
  effects_.pop_front();
  return effect;
}

std::optional<Instant> Puncher::wake() const {
  if (state_ == State::failed) return std::nullopt;
  if (state_ == State::found) {
    return may_keep_path() ? std::optional(checklist_.at(*path_).next_request) : std::nullopt;
  }
  Instant wake = std::min(gives_up_, settles_.value_or(gives_up_));
  if (const Pair* pair = checklist_.next_request()) wake = std::min(wake, std::max(paced_until_, pair->next_request));
  if (spray_ && spray_->next() && checklist_.best_valid() == nullptr) wake = std::min(wake, *spray_->next());
  return wake;
}

void Puncher::handle_request(std::size_t socket, const TransportAddress& from, const Probe& probe) {
  Pair* pair = checklist_.find(socket, from);
  if (pair == nullptr) pair = checklist_.learn(socket, from, path_from(socket, from), now_);
  if (pair == nullptr) return;
  pair->is_heard = true;
  respond(*pair, probe.transaction);
  if (state_ != State::searching) return;
  if (probe.nominates) {
    choose(*pair);
  } else if (pair->is_open() && (pair->requests == 0 || now_ - pair->last_request >= shortest_retry)) {
    request(*pair);
  }
}

void Puncher::handle_response(std::size_t socket, const TransportAddress& from, const Probe& probe) {
  const auto sent = transactions_.find(probe.transaction, socket, from);
  if (!sent) return;
  if (state_ == State::found) {
    // Numbers grow, so what comes after the first nomination is one.
    const bool answers_nomination =
        nomination_ && probe.transaction - *nomination_ < transactions_.next() - *nomination_;
    if (answers_nomination) {
      nomination_.reset();
      checklist_.at(*path_).next_request = now_ + keep_alive_interval;
    }
    return;
  }
  Pair* pair = checklist_.find(socket, from);
  if (pair == nullptr) pair = checklist_.learn(socket, from, path_from(socket, from), now_);
  if (pair == nullptr || pair->is_valid()) return;
  pair->round_trip = std::chrono::duration_cast<std::chrono::microseconds>(now_ - *sent);
  if (role_ != Role::caller) return;
  const auto grace = std::clamp<std::chrono::nanoseconds>(*pair->round_trip / 2, shortest_grace, longest_grace);
  if (!settles_) settles_ = now_ + grace;
  settle_if_due();
}

// The path of what nobody told.
Path Puncher::path_from(std::size_t socket, const TransportAddress& from) const {
  if (from.ip.is_loopback()) return Path::same_machine;
  if (from.ip.is_private()) return Path::local_network;
  if (!from.ip.is_v4()) return Path::ipv6;
  return spray_ && spray_->explains(socket, from) ? Path::sprayed : Path::peer_reflexive;
}

void Puncher::respond(Pair& pair, std::uint64_t transaction) {
  if (!pair.is_valid() && pair.responses == max_responses) return;
  if (!may_send() || !responses_.take(now_)) return;
  ++pair.responses;
  send(pair.socket, pair.remote, {ProbeType::response, false, transaction}, false);
}

void Puncher::request(Pair& pair) {
  if (!may_send()) return;
  const bool ends = ends_early(pair);
  const bool nominates = nomination_.has_value();
  ++pair.requests;
  pair.last_request = now_;
  pair.next_request = now_ + retry_after(pair.requests);
  const auto transaction = transactions_.begin(pair.socket, pair.remote, now_);
  send(pair.socket, pair.remote, {ProbeType::request, nominates, transaction}, ends);
}

void Puncher::send(std::size_t socket, const TransportAddress& to, const Probe& probe, bool ends_early) {
  ++packets_;
  const auto hop_limit = ends_early ? std::optional(low_hop_limit) : std::nullopt;
  effects_.push_back(Send{socket, to, codec_.write(probe), hop_limit});
}

void Puncher::send_due_request() {
  if (now_ < paced_until_) return;
  Pair* pair = checklist_.next_request();
  if (pair == nullptr || now_ < pair->next_request) return;
  paced_until_ = now_ + pacing;
  request(*pair);
}

void Puncher::send_due_spray() {
  if (!spray_ || checklist_.best_valid() != nullptr) return;
  if (spray_->wants_sockets(now_)) effects_.push_back(OpenSockets{spray_sockets});
  for (const Spray::Shot& shot : spray_->due(now_)) {
    if (!may_send()) return;
    const auto transaction = transactions_.begin(shot.socket, shot.to, now_);
    send(shot.socket, shot.to, {ProbeType::request, false, transaction}, shot.ends_early);
  }
}

// REACH-20, for the caller.
void Puncher::settle_if_due() {
  if (!settles_) return;
  Pair* best = checklist_.best_valid();
  if (now_ >= *settles_ || !checklist_.may_become_better_than(best->path)) choose(*best);
}

void Puncher::choose(Pair& pair) {
  state_ = State::found;
  path_ = checklist_.place_of(pair);
  packets_ = 0;
  pair.requests = 0;
  pair.next_request = now_ + keep_alive_interval;
  if (role_ == Role::caller) {
    nomination_ = transactions_.next();
    request(pair);
  }
  effects_.push_back(Found{pair.socket, pair.remote, pair.path, pair.round_trip});
}

bool Puncher::may_keep_path() const {
  return (nomination_ && checklist_.at(*path_).requests < max_requests) || keep_alives_ < max_keep_alives;
}

// The nomination until it is answered (REACH-20), then keep-alives (REACH-21).
void Puncher::keep_path() {
  Pair& pair = checklist_.at(*path_);
  if (now_ < pair.next_request || !may_keep_path()) return;
  if (nomination_ && pair.requests < max_requests) {
    request(pair);
    return;
  }
  nomination_.reset();
  ++keep_alives_;
  request(pair);
  pair.next_request = now_ + keep_alive_interval;
}

void Puncher::give_up() {
  state_ = State::failed;
  Failed failed{obstacle(), {}};
  for (const Candidate& candidate : candidates_) {
    const Pair* pair = checklist_.told(candidate.address);
    failed.attempts.push_back(
        {candidate.address, path_over(candidate), pair == nullptr ? 0 : pair->requests, trouble_with(pair)});
  }
  effects_.push_back(std::move(failed));
}

Obstacle Puncher::obstacle() const {
  if (own_nat_ == NatKind::blocked) return Obstacle::udp_blocked_here;
  if (remote_nat_ == NatKind::blocked) return Obstacle::udp_blocked_there;
  if (checklist_.empty()) return Obstacle::nothing_in_common;
  if (own_nat_ == NatKind::symmetric && remote_nat_ == NatKind::symmetric) return Obstacle::both_symmetric;
  return Obstacle::no_answer;
}

// REACH-17. Once the other side is heard, its NAT has been opened.
bool Puncher::ends_early(const Pair& pair) const {
  const bool is_behind_nat = pair.path == Path::server_reflexive || pair.path == Path::port_mapped;
  return role_ == Role::callee && own_nat_ != NatKind::symmetric && is_behind_nat && !pair.is_heard &&
         pair.requests < early_requests;
}

bool Puncher::may_send() const {
  return packets_ < (state_ == State::found ? max_packets_after_found : max_packets_to_find);
}

}  // namespace pd::punch
