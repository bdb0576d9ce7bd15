#include "identity/encoding.h"
#include "identity/signal.h"
#include "kinds.h"
#include "punch/description.h"
#include "punch/probe.h"

namespace pd::vectors {
namespace {

using pd::identity::Reason;

punch::ProbeSecret probe_secret(const Json& text) {
  return identity::hash_from_base64url(text.get_ref<const std::string&>()).value();
}

// {"text","machine"?} → what was read of the description, and what its reader, whose machine has that id, tries.
Result<Json> reach(const Json& input) {
  const auto object =
      identity::parse_object(input.at("text").get_ref<const std::string&>(), {identity::max_signal_message, 8});
  if (!object) return tl::unexpected(object.error());
  const auto description = punch::Description::from_json(*object);
  if (!description) return tl::unexpected(description.error());
  const std::string machine = input.value("machine", "");
  Json tries = Json::array();
  for (const auto& candidate : punch::reachable_candidates(*description, identity::bytes_of(machine)))
    tries.push_back(std::string(punch::name(candidate.transport)) + " " + candidate.address.text() + " " +
                    std::string(punch::name(candidate.type)));
  return Json{{"nat", punch::name(description->nat)}, {"tries", tries}};
}

// {"reader","callers","callees","packet"} → what the reader, "caller" or "callee", makes of a packet in hexadecimal,
// where the two secrets are in base64url.
Result<Json> probe(const Json& input) {
  const auto role = input.at("reader") == "caller" ? punch::Role::caller : punch::Role::callee;
  const punch::ProbeCodec codec(role, probe_secret(input.at("callers")), probe_secret(input.at("callees")));
  const std::string digits = input.at("packet");
  identity::Bytes packet;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    packet.push_back(static_cast<std::uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  const auto read = codec.read(packet);
  if (!read) return identity::fail(Reason::malformed, "REACH-12", "not a probe");
  const bool is_request = read->type == punch::ProbeType::request;
  return Json{{"type", is_request ? "request" : "response"},
              {"nominates", read->nominates},
              {"transaction", read->transaction}};
}

}  // namespace

std::span<const Kind> reach_kinds() {
  static constexpr Kind kinds[] = {
      {"reach", reach},
      {"probe", probe},
  };
  return kinds;
}

}  // namespace pd::vectors
