#include <utility>

#include "doctor/measure.h"

namespace pd::doctor {

boost::asio::awaitable<Attempt> try_reaching(session::Reach& reach, directory::VerifiedPeer peer) {
  auto reached = co_await reach.link_to(std::move(peer));
  if (!reached) {
    co_return std::move(reached.error());
  }
  auto& link = *reached->link;
  Path path{link.where(), link.path()};
  link.close();
  co_return path;
}

}  // namespace pd::doctor
