#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace pd::agent {

// What the stream of events tells, for the other programs of the same home: the side that has it (CALL-22). One thread.
class StreamSharer {
 public:
  // Lets programs in at once. Whoever makes one has the stream to itself. Throws directory::Failure.
  StreamSharer(const boost::asio::any_io_executor& executor, std::filesystem::path path);
  ~StreamSharer();

  void opened();
  void lost(const std::string& why);
  void signal(const std::string& signal);

 private:
  class State;
  std::shared_ptr<State> state_;
};

// The other side.
class StreamHearer {
 public:
  virtual ~StreamHearer() = default;
  virtual void heard_open() = 0;
  virtual void heard_lost(const std::string& why) = 0;
  virtual void heard_signal(const std::string& signal) = 0;
};

// Tells `hearer` until whoever has the stream lets go of it; false when nobody has. May be cancelled (terminal), then
// throws operation_aborted. Throws directory::Failure when the socket may not be used.
boost::asio::awaitable<bool> hear_stream(std::filesystem::path path, StreamHearer& hearer);

}  // namespace pd::agent
