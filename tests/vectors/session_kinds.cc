#include "identity/encoding.h"
#include "kinds.h"
#include "session/session.h"
#include "vector.h"

namespace pd::vectors {
namespace {

using namespace pd::session;  // NOLINT: a test, and all of it is about that namespace
using pd::identity::Reason;

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

Json message_json(const Message& message) {
  return {{"id", message.id}, {"time", message.time.time_since_epoch().count()}, {"text", message.text}};
}

const char* name(Ending ending) {
  switch (ending) {
    case Ending::done:
      return "done";
    case Ending::shutdown:
      return "shutdown";
    case Ending::replaced:
      return "replaced";
    case Ending::silent:
      return "silent";
    case Ending::refused:
      return "refused";
    default:
      return "other";
  }
}

Json event_json(const Event& event) {
  return std::visit(Overloaded{[](const Opened& opened) {
                                 return Json{{"opened", opened.features}};
                               },
                               [](const Received& received) {
                                 return Json{{"received", message_json(received.message)}};
                               },
                               [](const Extended& extended) {
                                 return Json{{"extended", extended.type}};
                               },
                               [](const Acknowledged& acknowledged) {
                                 return Json{{"acknowledged", acknowledged.ids}};
                               },
                               [](const Ended& ended) {
                                 return Json{{"ended", name(ended.ending)}};
                               }},
                    event);
}

Message message_of(const Json& json) {
  return {json.at("id"), identity::Time(identity::Seconds(json.at("time").get<std::int64_t>())), json.at("text")};
}

// {"side","bytes"} → {"events","answer"}: what one side makes of all that the other sends, in hexadecimal, and what it
// answers. A dialler draws the id of the example; once it is open it sends the messages of "sends". What is received is
// acknowledged when all has been read.
Result<Json> session(const Json& input) {
  const Instant now{};
  const bool dials = input.at("side") == "dialler";
  auto side = dials ? Session::dialling(now, "5f2b1c0e9a7d43868b1e6f0c2d4a5b79") : Session::answering(now);
  const std::string stream = unhex(input.at("bytes"));
  Json events = Json::array();
  std::vector<std::string> received;
  for (const char byte : stream) {  // one by one: where the stream is cut must not matter
    side.feed({&byte, 1}, now);
    while (const auto event = side.next()) {
      const auto* ended = std::get_if<Ended>(&*event);
      if (ended != nullptr && ended->ending == Ending::broken)
        return identity::fail(Reason::malformed, ended->rule, ended->message);
      if (const auto* message = std::get_if<Received>(&*event)) received.push_back(message->message.id);
      if (std::holds_alternative<Opened>(*event))
        for (const auto& message : input.value("sends", Json::array()))
          side.send(message_of(message), now);
      events.push_back(event_json(*event));
    }
  }
  side.acknowledge(received);
  return Json{{"events", events}, {"answer", identity::hex(identity::bytes_of(side.take_output()))}};
}

}  // namespace

std::span<const Kind> session_kinds() {
  static constexpr Kind kinds[] = {
      {"session", session},
  };
  return kinds;
}

}  // namespace pd::vectors
