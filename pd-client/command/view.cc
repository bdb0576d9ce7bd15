#include "command/view.h"

#include <utility>

#include "command/describe.h"
#include "directory/trust.h"
#include "session/ending.h"
#include "session/text.h"

namespace pd::command {

using identity::Json;

namespace {

std::string why_text(const session::Ended& how) {
  switch (how.ending) {
    case session::Ending::done:
    case session::Ending::shutdown:
      return "they left";
    case session::Ending::replaced:
      return "a newer session has taken its place";
    case session::Ending::left:
      return "goodbye";
    default:
      return how.message;
  }
}

}  // namespace

void View::event(Json object, const std::string& text) {
  if (style_ == Style::json) {
    console_.print(object.dump(-1, ' ', true, Json::error_handler_t::replace));
  } else {
    console_.print((style_ == Style::terminal ? "* " : "# ") + session::one_safe_line(text));
  }
}

void View::say(const std::string& who, const std::string& text) {
  console_.print(who + (style_ == Style::terminal ? "> " : "\t") + session::one_safe_line(text));
}

void View::listening(const std::vector<identity::TcpEndpoint>& endpoints) {
  Json list = Json::array();
  std::string text;
  for (const auto& endpoint : endpoints) {
    list.push_back(endpoint.text());
    text += (text.empty() ? "" : ", ") + endpoint.text();
  }
  event({{"event", "listening"}, {"endpoints", std::move(list)}},
        text.empty() ? "listening for calls" : "listening on " + text);
}

void View::connected(const session::Channel& channel) {
  connected(channel.address().text(), channel.where(), channel.peer().trust(), channel.path());
}

void View::connected(const std::string& peer, const std::string& where, directory::Trust trust,
                     const std::optional<connect::Path>& path) {
  Json object{{"event", "connected"}, {"peer", peer}, {"endpoint", where}, {"trust", directory::text_of(trust)}};
  if (path) {
    object["path"] = path->name;
    object["ms"] = path->time.count();
  }
  event(std::move(object), peer + " is connected (" + (path ? path->name + ", " : "") + where + ")");
}

void View::message(const std::string& from, const session::Message& message) {
  if (style_ == Style::json) {
    event({{"event", "message"},
           {"from", from},
           {"id", message.id},
           {"time", time_text(message.time)},
           {"text", message.text}},
          {});
  } else {
    say(from, message.text);
  }
}

void View::delivered(const std::string& to, const std::vector<std::string>& ids) {
  if (style_ == Style::json) {
    for (const auto& id : ids) {
      event({{"event", "delivered"}, {"to", to}, {"id", id}}, {});
    }
  } else {
    event({}, ids.size() == 1 ? "delivered to " + to : std::to_string(ids.size()) + " messages delivered to " + to);
  }
}

void View::disconnected(const std::string& peer, const session::Ended& how) {
  event({{"event", "disconnected"}, {"peer", peer}, {"reason", session::text_of(how.ending)}, {"detail", how.message}},
        peer + " is not connected any more: " + why_text(how));
}

void View::calling(const std::string& peer, const std::string& why) {
  event({{"event", "calling"}, {"peer", peer}, {"reason", why}}, "calling " + peer + " (" + why + ")");
}

void View::waiting(const std::string& peer, const std::string& why, std::size_t undelivered) {
  const std::string kept = undelivered == 0   ? "what you write is kept"
                           : undelivered == 1 ? "1 message is kept"
                                              : std::to_string(undelivered) + " messages are kept";
  event({{"event", "waiting"}, {"peer", peer}, {"reason", why}, {"undelivered", undelivered}},
        peer + " cannot be reached (" + why + "); " + kept + " here until they can");
}

void View::refused(const std::string& claimed, const std::string& why, std::size_t unsaid) {
  event({{"event", "refused"}, {"claimed", claimed}, {"reason", why}, {"unsaid", unsaid}},
        "somebody who claims to be " + claimed + " was not let in: " + why + unsaid_text(unsaid));
}

void View::asked(const directory::VerifiedPeer& peer, std::size_t unsaid) {
  const auto address = peer.address().text();
  const auto key = peer.state().identity_key.id();
  event({{"event", "asked"},
         {"peer", address},
         {"identity_key", key},
         {"confirmed", peer.confirmed()},
         {"unsaid", unsaid}},
        address + " would like to talk to you, and is told nothing (identity key " + key +
            (peer.confirmed() ? "" : ", unconfirmed") + "): pdctl contacts accept " + address +
            ", or decline, or block" + unsaid_text(unsaid));
}

void View::handshake_failed(const std::string& where, const std::string& why, std::size_t unsaid) {
  event({{"event", "handshake_failed"}, {"endpoint", where}, {"reason", why}, {"unsaid", unsaid}},
        "somebody at " + where + " was refused in the handshake: " + why + unsaid_text(unsaid));
}

void View::earlier(const session::Entry& entry, const std::string& self) {
  const bool theirs = entry.delivery == session::Delivery::received;
  const auto& from = theirs ? entry.peer : self;
  if (style_ == Style::json) {
    event(
        {{"event", "history"},
         {"from", from},
         {"to", theirs ? self : entry.peer},
         {"id", entry.message.id},
         {"time", time_text(entry.message.time)},
         {"delivered", entry.delivery == session::Delivery::received || entry.delivery == session::Delivery::delivered},
         {"text", entry.message.text}},
        {});
  } else {
    say(time_text(entry.message.time) + " " + from, entry.message.text);
  }
}

void View::note(std::string_view event_name, const std::string& text) {
  event({{"event", event_name}, {"text", text}}, text);
}

void View::advice(const std::string& text) {
  if (style_ == Style::terminal) {
    console_.print("* " + text);
  }
}

}  // namespace pd::command
