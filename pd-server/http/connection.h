#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "http/admission.h"
#include "http/engine.h"
#include "http/parser.h"
#include "http/stream.h"
#include "http/worker.h"
#include "http/writer.h"

namespace pd::http {

// What all connections of an engine share.
struct Settings {
  Limits limits;
  Engine::ErrorBody error_body;
  Observer observer;
};

// One client, from the accepted socket to its end. Lives on the thread of its worker; only the constructor may run
// elsewhere. It owns itself while run() goes on.
//
// At any time it is in one phase, and each phase has a deadline, set when it begins and never moved by what the client
// does: so a client that sends or reads a byte now and then gains nothing.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  struct Arrival {
    boost::asio::ip::tcp::socket socket;
    boost::asio::ip::address peer;
    Admission::Place place;
    TlsContext tls;
    std::shared_ptr<const Router> router;
  };

  Connection(Worker& worker, const Settings& settings, Arrival arrival);
  ~Connection();

  void start();
  void look_at(std::chrono::steady_clock::time_point now);  // has the deadline passed?
  void drain();                                             // end when idle
  bool give_way();                                          // end now, in the handshake; false: it does already
  void abort();                                             // end now; the worker's thread has stopped

  void set_index(std::size_t index) { index_ = index; }
  std::size_t index() const { return index_; }

 private:
  using Clock = std::chrono::steady_clock;
  using Wait = boost::asio::awaitable<bool>;
  using Nothing = boost::asio::awaitable<void>;

  enum class Phase { handshake, idle, header, body, handler, write, stream, linger };
  enum class Outcome { read, refused, ended };  // of reading a request

  Nothing run();
  Wait secure();
  Wait exchange();
  Wait first_bytes();
  boost::asio::awaitable<Outcome> read_request(Parser& parser);
  boost::asio::awaitable<Outcome> read_body(Parser& parser);
  boost::asio::awaitable<Response> handle();
  Wait answer(const Response& response, Framing framing);
  Nothing stream();
  Source::Piece next_piece(Clock::time_point end);
  Wait quiet(Clock::time_point end);
  bool discard_input(std::size_t& discarded);
  void wake();
  Nothing refuse(unsigned status);
  Nothing overrun();
  Nothing part();

  Wait ready(Step step);
  Wait fill();
  Wait send(std::string_view first, std::string_view second);

  void enter(Phase phase);
  Limits::Time limit(Phase phase) const;
  bool late() const { return expired_ || aborted_; }
  void report(std::string_view what) const;
  Response engine_answer(unsigned status) const;
  std::string_view input() const { return {block_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t bytes);
  void make_room();
  void release_block();
  void forget_request();

  Worker& worker_;
  const Settings& settings_;
  const boost::asio::ip::address peer_;
  const std::shared_ptr<const Router> router_;
  Admission::Place place_;
  Stream stream_;
  std::size_t index_ = 0;
  bool entered_ = false;

  Phase phase_ = Phase::handshake;
  Clock::time_point deadline_{};
  bool expired_ = false;    // the phase is over its time
  bool aborted_ = false;    // the engine wants no more of it
  bool abandoned_ = false;  // overrun() has taken over from the handler

  Worker::Block block_;  // input not yet used: [begin_, end_)
  std::size_t begin_ = 0;
  std::size_t end_ = 0;

  Request request_;
  unsigned status_ = 0;  // why the request is refused
  std::size_t served_ = 0;
  std::string head_;

  std::shared_ptr<Source> source_;  // the answer is a stream, which begins when nothing of the request is left
  Framing framing_;                 // and goes out like this
  bool woken_ = false;              // the source may have something
};

}  // namespace pd::http
