#include "command/trial.h"

#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/system/system_error.hpp>

#include "command/listening.h"
#include "doctor/measure.h"

namespace pd::command {

namespace asio = boost::asio;

namespace {

constexpr std::size_t trial_threads = 4;  // one is the stream's

doctor::Attempt why_not(const std::exception_ptr& failure) {
  connect::NoLink no_link{connect::Cause::unreachable, "stopped before it was known"};
  try {
    std::rethrow_exception(failure);
  } catch (const directory::Failure& known) {
    no_link.message = known.what();
    no_link.help = known.hint();
  } catch (const boost::system::system_error& error) {
    if (error.code() != asio::error::operation_aborted) {
      no_link.message = error.code().message();
    }
  }
  return no_link;
}

}  // namespace

Trial::Trial(Context& context)
    : talk_(context, trial_threads, Lines::on_error),
      gatekeeper_(open_gatekeeper(context, talk_.history, {})),
      calling_(parts_of_calling(talk_, gatekeeper_, false), takes_no_calls_) {}

doctor::Attempt Trial::reach(const directory::VerifiedPeer& peer) {
  std::optional<doctor::Attempt> result;
  asio::cancellation_signal interrupt;
  talk_.on_interrupt = [&interrupt] { interrupt.emit(asio::cancellation_type::terminal); };
  calling_.start();
  auto on_result = [&](const std::exception_ptr& failure, doctor::Attempt attempt) {
    result = failure ? why_not(failure) : std::move(attempt);
    asio::co_spawn(talk_.io, hang_up(calling_, talk_), asio::detached);
  };
  asio::co_spawn(talk_.io, doctor::try_reaching(calling_, peer),
                 asio::bind_cancellation_slot(interrupt.slot(), std::move(on_result)));
  talk_.run();
  return std::move(*result);
}

}  // namespace pd::command
