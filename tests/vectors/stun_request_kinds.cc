#include "identity/encoding.h"
#include "identity/endpoint.h"
#include "kinds.h"
#include "stun/binding.h"
#include "vector.h"

namespace pd::vectors {
namespace {

using identity::Reason;

// {"from","bytes"} → {"answer"}: what a server answers to a datagram from there, both in hexadecimal; refused is what
// it does not answer.
Result<Json> stun_request(const Json& input) {
  const auto from = identity::TcpEndpoint::parse(input.at("from").get<std::string>()).value();
  const stun_server::Source source{boost::asio::ip::make_address(from.ip()), from.port()};
  const std::string bytes = unhex(input.at("bytes"));
  std::array<std::uint8_t, stun_server::most_request_bytes> answer;
  const auto reply = stun_server::reply_to(identity::bytes_of(bytes), source, answer);
  if (reply.kind == stun_server::Reply::Kind::silence) {
    return identity::fail(Reason::malformed, reply.broken, "no answer");
  }
  return Json{{"answer", identity::hex(std::span(answer).first(reply.bytes))}};
}

}  // namespace

std::span<const Kind> stun_request_kinds() {
  static constexpr Kind kinds[] = {
      {"stun-request", stun_request},
  };
  return kinds;
}

}  // namespace pd::vectors
