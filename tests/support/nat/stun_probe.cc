// stun_probe OWN_ADDRESS SERVER:PORT…: asks STUN servers over UDP from one socket, with pd-client's code, and prints as
// JSON what each saw and what kind of mapping that makes:
// {"mapped":["198.51.100.4:4433",null],"kind":"endpoint-independent"}.
#include <poll.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include "identity/json.h"
#include "stun/mapping.h"
#include "stun/query.h"

namespace {

namespace asio = boost::asio;
namespace stun = pd::stun;
using asio::ip::udp;

// Gives up after 100 + 200 + 400 + 800 + 800 ms.
constexpr stun::Timing timing{.first = std::chrono::milliseconds(100), .requests = 5, .last = 8};

udp::endpoint endpoint_of(std::string_view text) {
  const auto colon = text.rfind(':');
  return {asio::ip::make_address(std::string(text.substr(0, colon))),
          static_cast<std::uint16_t>(std::stoi(std::string(text.substr(colon + 1))))};
}

// Until something came, or it is time.
void wait_until(stun::Clock::time_point time, udp::socket& socket) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - stun::Clock::now()).count();
  pollfd readable{socket.native_handle(), POLLIN, 0};
  ::poll(&readable, 1, static_cast<int>(std::max<long>(left, 0)));
}

// What the server answers, asked from `socket`; none when it is silent or refuses.
std::optional<stun::Mapped> ask(udp::socket& socket, const udp::endpoint& server) {
  stun::Query query(stun::random_transaction(), stun::Clock::now(), timing);
  std::array<std::uint8_t, 1'500> buffer;
  while (const auto wake = query.wake()) {
    boost::system::error_code error;
    if (query.due(stun::Clock::now())) socket.send_to(asio::buffer(query.request()), server, 0, error);
    if (const auto next = query.wake()) wait_until(*next, socket);
    udp::endpoint from;
    const auto size = socket.receive_from(asio::buffer(buffer), from, 0, error);
    if (!error && from == server) query.take(stun::Bytes(buffer).first(size));
  }
  if (!query.answer() || query.answer()->error != 0) return std::nullopt;
  return query.answer()->mapped;
}

const char* name_of(stun::Mapping kind) {
  constexpr std::array names = {"unknown", "none", "endpoint-independent", "dependent"};
  return names[static_cast<std::size_t>(kind)];
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) {
    std::fputs("usage: stun_probe OWN_ADDRESS SERVER:PORT…\n", stderr);
    return 2;
  }
  try {
    asio::io_context context;
    const auto own = asio::ip::make_address(arguments[1]);
    udp::socket socket(context, udp::endpoint(own, 0));
    socket.non_blocking(true);
    std::vector<stun::Observation> seen;
    pd::identity::Json mapped = pd::identity::Json::array();
    for (int i = 2; i < count; ++i) {
      const auto server = endpoint_of(arguments[i]);
      const auto answer = ask(socket, server);
      mapped.push_back(answer ? pd::identity::Json(answer->text()) : pd::identity::Json());
      if (answer) seen.push_back({server, *answer});
    }
    const auto kind = stun::mapping_of(seen, std::array{own}, socket.local_endpoint().port());
    std::cout << pd::identity::Json{{"mapped", mapped}, {"kind", name_of(kind)}} << '\n';
  } catch (const std::exception& error) {
    std::fprintf(stderr, "stun_probe: %s\n", error.what());
    return 1;
  }
  return 0;
}
