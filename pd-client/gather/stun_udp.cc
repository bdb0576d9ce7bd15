#include "gather/stun_udp.h"

#include <algorithm>
#include <memory>

#include "connect/tasks.h"

namespace pd::gather {

namespace asio = boost::asio;
using asio::ip::udp;
using std::chrono::steady_clock;

namespace {

// Sooner than RFC 8489 has it, who has minutes: after 100, 200 … ms.
constexpr stun::Timing hurried{std::chrono::milliseconds(100), 4, 4};

}  // namespace

struct Question {
  udp::endpoint server;
  stun::Query query;
};

struct Survey {
  explicit Survey(net::UdpSocket& with) : socket(with), tasks(with.executor()) {}

  bool over() const {
    return std::ranges::all_of(questions, [](const Question& each) { return each.query.over(); });
  }

  // Sends what is due, and returns when there is more to send.
  steady_clock::time_point send() {
    auto next = steady_clock::time_point::max();
    for (auto& [server, query] : questions) {
      if (query.due(steady_clock::now())) {
        socket.send(server, query.request());
      }
      next = std::min(next, query.wake().value_or(steady_clock::time_point::max()));
    }
    return next;
  }

  void take(const net::Received& received) {
    for (auto& [server, query] : questions) {
      for (std::size_t i = 0; i < received.count() && server == received.from(); ++i) {
        query.take(received[i]);
      }
    }
  }

  net::UdpSocket& socket;
  std::vector<Question> questions;
  connect::Tasks tasks;
};

namespace {

asio::awaitable<void> listen(std::shared_ptr<Survey> survey) {
  net::Received received;
  for (;;) {
    const auto error = co_await survey->socket.readable();
    if (error) {
      co_return;
    }
    while (survey->socket.receive(received)) {
      survey->take(received);
    }
    survey->tasks.changed().notify();
  }
}

}  // namespace

asio::awaitable<std::vector<stun::Observation>> ask_over_udp(net::UdpSocket& socket, std::vector<udp::endpoint> servers,
                                                             steady_clock::time_point until) {
  const auto survey = std::make_shared<Survey>(socket);
  for (const auto& server : servers) {
    survey->questions.push_back({server, stun::Query(stun::random_transaction(), steady_clock::now(), hurried)});
  }
  survey->tasks.spawn(listen(survey));
  const std::unique_ptr<Survey, void (*)(Survey*)> end(survey.get(), [](Survey* it) { it->tasks.cancel(); });
  while (!survey->over() && steady_clock::now() < until) {
    const auto next = survey->send();
    co_await survey->tasks.changed().wait(std::min(next, until));
  }
  survey->tasks.cancel();
  while (survey->tasks.running() > 0) {  // the socket's next reader must be the only one
    co_await survey->tasks.changed().wait();
  }
  std::vector<stun::Observation> seen;
  for (const auto& [server, query] : survey->questions) {
    if (query.answer() && query.answer()->error == 0) {
      seen.push_back({server, query.answer()->mapped});
    }
  }
  co_return seen;
}

}  // namespace pd::gather
