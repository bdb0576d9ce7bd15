#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "identity/endpoint.h"
#include "identity/json.h"
#include "session/channel.h"
#include "session/history.h"
#include "terminal/console.h"

namespace pd::command {

// How a conversation looks on standard output:
//   terminal   gordon@blackmesa.us> text      and events in plain words
//   pipe       gordon@blackmesa.us<TAB>text   and events as lines that begin with "# " and have no tab
//   json       one object a line, {"event":…}
// What others wrote is made safe for the first two; JSON has it exactly, non-ASCII escaped.
enum class Style { terminal, pipe, json };

class View {
 public:
  View(Style style, terminal::Console& console) : style_(style), console_(console) {}

  void listening(const std::vector<identity::TcpEndpoint>& endpoints);
  void connected(const session::Channel& channel);
  void connected(const std::string& peer, const std::string& where, directory::Trust trust,
                 const std::optional<connect::Path>& path = {});
  void message(const std::string& from, const session::Message& message);
  void delivered(const std::string& to, const std::vector<std::string>& ids);
  void disconnected(const std::string& peer, const session::Ended& how);
  // They are called, because what they publish leads nowhere: `why`.
  void calling(const std::string& peer, const std::string& why);
  // Messages to `peer` wait here, because …
  void waiting(const std::string& peer, const std::string& why, std::size_t undelivered);
  // `unsaid`: how many of the kind were not shown since the last one.
  void refused(const std::string& claimed, const std::string& why, std::size_t unsaid);
  // Somebody whom the owner does not know would like to be let in.
  void asked(const directory::VerifiedPeer& peer, std::size_t unsaid);
  void handshake_failed(const std::string& where, const std::string& why, std::size_t unsaid);
  // An earlier message, from the history.
  void earlier(const session::Entry& entry, const std::string& self);
  // Anything else that the person should know; `event` names it in JSON.
  void note(std::string_view event, const std::string& text);
  // How to use the terminal; nothing elsewhere.
  void advice(const std::string& text);
  // Prints the object in JSON, otherwise the text as an event.
  void event(identity::Json object, const std::string& text);

  Style style() const { return style_; }

 private:
  void say(const std::string& who, const std::string& text);

  Style style_;
  terminal::Console& console_;
};

}  // namespace pd::command
