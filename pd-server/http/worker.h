#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "http/engine.h"
#include "http/writer.h"

namespace pd::http {

class Connection;

// One thread with its context, and what the connections of that thread share. Functions without another word: on that
// thread only.
class Worker {
 public:
  using Block = std::unique_ptr<char[]>;

  Worker(const Limits& limits, const Observer& observer);
  ~Worker();  // destroys what is still suspended on the context; the thread has ended

  boost::asio::io_context& context() { return context_; }  // any thread

  void start();  // any thread
  void stop();   // any thread: cuts what is left; returns when the thread has ended
  void drain();  // any thread: connections end as soon as what they do is done

  // Connections enter while they live, so that their deadlines are watched.
  void enter(Connection& connection);
  void leave(Connection& connection);
  bool draining() const { return draining_; }

  // Is among the connections that have not proven yet that they speak TLS, the longest there first.
  class Handshake {
   public:
    Handshake(Worker& worker, Connection& connection)
        : all_(worker.handshakes_), place_(all_.insert(all_.end(), &connection)) {}
    Handshake(const Handshake&) = delete;
    Handshake& operator=(const Handshake&) = delete;
    ~Handshake() { all_.erase(place_); }

   private:
    std::list<Connection*>& all_;
    std::list<Connection*>::iterator place_;
  };
  // Ends the first of those. False: there is none.
  bool make_room();

  // Room for the head of a request. An idle connection has none: blocks go round.
  Block take_block();
  void give_block(Block block);

  std::span<char> scratch() { return scratch_; }
  std::string_view date() { return date_.now(); }

 private:
  void run();
  void watch();

  const Limits& limits_;
  const Observer& observer_;
  const std::chrono::milliseconds tick_;
  bool watching_ = false;
  bool draining_ = false;
  std::vector<Connection*> connections_;
  std::list<Connection*> handshakes_;
  std::vector<Block> blocks_;
  std::array<char, 16 * 1024> scratch_;
  DateCache date_;
  // Destroyed before all the above: coroutines suspended on it hold connections, which use that.
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer timer_;
  std::thread thread_;
};

}  // namespace pd::http
