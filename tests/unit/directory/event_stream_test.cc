#include "directory/event_stream.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "authority.h"
#include "directory/backoff.h"
#include "tls_server.h"

namespace pd::directory {
namespace {

using test::Authority;
using test::Connection;
using test::TlsServer;
using namespace std::chrono_literals;

const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string chunk(const std::string& text) {
  char size[17];
  std::snprintf(size, sizeof size, "%zx", text.size());
  return size + ("\r\n" + text + "\r\n");
}

// Waits until the client is gone.
void hold(Connection& connection) {
  connection.request();
}

// A device that listens to `server`, in a thread of its own, until the test has seen enough.
class Reader final : EventStream::Watcher {
 public:
  Reader(const Authority& authority, const TlsServer& server, EventStreamTimes times = {20s, 1ms, 5ms, 0ms},
         const std::string& begin_after = {}) {
    TransportOptions options;
    options.ca_file = authority.ca_file();
    options.overrides = {{"example.org", 443, "127.0.0.1", server.port()}};
    auto open = [transport = Transport(options)](const std::string& last_id, const Streaming& streaming) {
      HttpExchange exchange{"GET", "/v1/events", {{"accept", streaming.type}}, {}};
      if (!last_id.empty()) exchange.headers.emplace_back("last-event-id", last_id);
      const auto answer = transport.stream({"example.org"}, exchange, streaming);
      if (!answer.body.empty()) throw Failure(Kind::failed, "an answer of status " + std::to_string(answer.status));
    };
    stream_ = std::make_unique<EventStream>(open, times, begin_after);
    thread_ = std::jthread([this](const std::stop_token& stop) {
      const auto end = stream_->run(*this, stop);
      tell(end == EventStream::End::replaced ? "replaced" : "stopped");
    });
  }

  void stop() { thread_.request_stop(); }
  void renew() { stream_->renew(); }
  // What happened, in order, once there are so many of it.
  std::vector<std::string> first(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return told_.size() >= count; });
    return {told_.begin(), told_.begin() + static_cast<std::ptrdiff_t>(count)};
  }

 private:
  void opened() override { tell("opened"); }
  void event(const ServerEvent& event) override { tell(event.type + " " + event.id + " " + event.data); }
  void lost(const std::string& why) override { tell("lost: " + why); }
  void tell(const std::string& what) {
    const std::lock_guard lock(mutex_);
    told_.push_back(what);
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> told_;  // guarded by mutex_
  std::unique_ptr<EventStream> stream_;
  std::jthread thread_;  // last: it uses everything above
};

using Told = std::vector<std::string>;

class EventStreamTest : public ::testing::Test {
 protected:
  const Authority authority_;
};

TEST_F(EventStreamTest, GivesEventsAsTheyComeAndStops) {
  TlsServer server(authority_, "example.org", [](Connection& connection) {
    connection.request();
    connection.send(head + chunk(": hello\n\n"));
    connection.send(chunk("event: signal\nid: 1\nda") + chunk("ta: abc\n\n"));
    hold(connection);
  });
  Reader reader(authority_, server);
  EXPECT_EQ(reader.first(2), (Told{"opened", "signal 1 abc"}));
  reader.stop();
  EXPECT_EQ(reader.first(3).back(), "stopped");
}

TEST_F(EventStreamTest, ComesBackWhereItBrokeOff) {
  std::vector<std::string> requests;
  {
    TlsServer server(authority_, "example.org", [&](Connection& connection) {
      requests.push_back(connection.request());
      connection.send(head + chunk("id: " + std::to_string(requests.size()) + "\ndata: x\n\n"));
      if (requests.size() == 3) hold(connection);
    });
    Reader reader(authority_, server);
    reader.first(8);
  }
  EXPECT_EQ(requests[0].find("last-event-id"), std::string::npos);
  EXPECT_NE(requests[1].find("last-event-id: 1\r\n"), std::string::npos);
  EXPECT_NE(requests[2].find("last-event-id: 2\r\n"), std::string::npos);
}

TEST_F(EventStreamTest, GoesOnWhereAnotherProcessWas) {
  std::string request;
  TlsServer server(authority_, "example.org", [&](Connection& connection) {
    request = connection.request();
    connection.send(head + chunk(":\n\n"));
    hold(connection);
  });
  Reader reader(authority_, server, {20s, 1ms, 5ms, 0ms}, "17");
  reader.first(1);
  EXPECT_NE(request.find("last-event-id: 17\r\n"), std::string::npos);
}

TEST_F(EventStreamTest, ASilentStreamIsLost) {
  TlsServer server(authority_, "example.org", [](Connection& connection) {
    connection.request();
    connection.send(head + chunk(":\n\n"));
    hold(connection);
  });
  Reader reader(authority_, server, {100ms, 1ms, 5ms, 0ms});
  EXPECT_EQ(reader.first(3), (Told{"opened", "lost: example.org did not answer in time", "opened"}));
}

TEST_F(EventStreamTest, AnErrorAnswerIsTriedAgain) {
  TlsServer server(authority_, "example.org", [](Connection& connection) {
    connection.request();
    connection.send(test::http_answer(503, "{}"));
  });
  Reader reader(authority_, server);
  EXPECT_EQ(reader.first(2), (Told{"lost: an answer of status 503", "lost: an answer of status 503"}));
}

TEST_F(EventStreamTest, WhoIsReplacedDoesNotComeBack) {
  TlsServer server(authority_, "example.org", [](Connection& connection) {
    connection.request();
    connection.send(head + chunk("event: replaced\ndata: {}\n\n"));
    hold(connection);
  });
  Reader reader(authority_, server);
  EXPECT_EQ(reader.first(2), (Told{"opened", "replaced"}));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(EventStreamTest, GivesUpAServerThatSendsTooMuchAtOnce) {
  TlsServer server(authority_, "example.org", [](Connection& connection) {
    connection.request();
    connection.send(head);
    while (connection.send(chunk("data: " + std::string(4000, 'x') + "\n"))) {
    }
  });
  Reader reader(authority_, server);
  EXPECT_EQ(reader.first(2), (Told{"opened", "lost: the server sends events that are too large"}));
}

TEST_F(EventStreamTest, StopsWhileItWaitsToTryAgain) {
  TlsServer server(authority_, "example.org", [](Connection& connection) { connection.request(); });
  Reader reader(authority_, server, {20s, 1h, 1h, 0ms});
  reader.first(1);
  reader.stop();
  EXPECT_EQ(reader.first(2).back(), "stopped");
}

// EVT-8.
TEST_F(EventStreamTest, IsOpenedAnewAtOnceAndThatIsNoLoss) {
  TlsServer server(authority_, "example.org", [](Connection& connection) {
    connection.request();
    connection.send(head + chunk(": hello\n\n"));
    hold(connection);
  });
  Reader reader(authority_, server);
  reader.first(1);
  reader.renew();
  EXPECT_EQ(reader.first(2), (Told{"opened", "opened"}));
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(EventStreamTest, IsOpenedAnewInsteadOfWaiting) {
  TlsServer server(authority_, "example.org", [](Connection& connection) { connection.request(); });
  Reader reader(authority_, server, {20s, 1h, 1h, 0ms});
  reader.first(1);
  reader.renew();
  EXPECT_EQ(reader.first(2).back(), "lost: example.org broke off in the middle of its answer");
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(EventStreamTest, StopsInAHandshakeThatNeverBegins) {
  TlsServer server(authority_, "example.org", TlsServer::silent());
  Reader reader(authority_, server);
  while (server.connections() == 0)
    std::this_thread::yield();
  reader.stop();
  EXPECT_EQ(reader.first(1).back(), "stopped");
}

TEST(BackoffTest, DoublesUpToItsBoundAndVariesByAQuarter) {
  Backoff backoff(1s, 30s);
  for (const int seconds : {1, 2, 4, 8, 16, 30, 30, 30}) {
    const auto pause = backoff.next();
    EXPECT_GE(pause, seconds * 750ms);
    EXPECT_LE(pause, seconds * 1250ms);
  }
  backoff.reset();
  EXPECT_LE(backoff.next(), 1250ms);
}

}  // namespace
}  // namespace pd::directory
