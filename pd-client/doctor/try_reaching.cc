#include <chrono>
#include <utility>

#include "doctor/measure.h"

namespace pd::doctor {

boost::asio::awaitable<Attempt> try_reaching(session::Reach& reach, directory::VerifiedPeer peer) {
  using std::chrono::steady_clock;
  const auto begun = steady_clock::now();
  auto reached = co_await reach.link_to(std::move(peer));
  if (!reached) {
    co_return reach::Report{reached.error().cause, reached.error().message, {}, {}};
  }
  Path path{reached->link->where(), std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - begun)};
  reached->link->close();
  co_return path;
}

}  // namespace pd::doctor
