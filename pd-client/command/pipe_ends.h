#pragma once

#include <functional>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "files/pipe.h"
#include "session/wake.h"

namespace pd::command {

// Standard input and output as the ends of a pipe.
class StandardEnds final : public files::PipeEnds {
 public:
  // `on_over` is called once: with nothing when all of it arrived both ways, else with the reason.
  StandardEnds(const boost::asio::any_io_executor& executor, std::function<void(const std::string&)> on_over);

  std::string take(std::size_t most) override;
  bool input_ended() const override { return ended_ && buffer_.empty(); }
  bool write(const std::string& bytes) override;
  void end() override;
  void begun(session::Channel& channel) override;
  void over(const std::string& why) override;

 private:
  boost::asio::awaitable<void> read();
  void read_some();

  const std::function<void(const std::string&)> on_over_;
  boost::asio::posix::stream_descriptor input_;
  session::Wake taken_;
  session::Channel* channel_ = nullptr;
  std::string buffer_;  // read, not taken
  bool waits_ = true;   // the input can be waited for
  bool ended_ = false;
};

}  // namespace pd::command
