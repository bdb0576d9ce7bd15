#include <fmt/format.h>

#include <iostream>
#include <map>
#include <set>
#include <string>

#include "agent/client.h"
#include "command/chatting.h"
#include "command/describe.h"
#include "session/history.h"
#include "session/text.h"

namespace pd::command {
namespace {

constexpr std::size_t most_listed = 500;
constexpr std::size_t most_shown = 60;  // bytes of the last message

// As the agent knows it; nobody, when there is none or it does not say.
std::set<std::string> connected(Context& context) {
  try {
    const auto status = agent::ask(context.home().path(), "status");
    return status ? status->at("connected").get<std::set<std::string>>() : std::set<std::string>();
  } catch (const directory::Failure&) {
    return {};
  }
}

std::map<identity::Address, std::string> names(Context& context) {
  std::map<identity::Address, std::string> found;
  for (auto& pin : context.pins().contacts()) {
    found.emplace(pin.address, std::move(pin.name));
  }
  return found;
}

// One line, and not a long one.
std::string beginning(const std::string& text) {
  auto line = session::one_safe_line(text);
  if (line.size() > most_shown) {
    line.resize(most_shown);
    while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xC0) == 0x80) {
      line.pop_back();
    }
    line.pop_back();  // the first byte of what was cut, or a whole letter
    line += "…";
  }
  return line;
}

std::string line_of(const session::Conversation& conversation, const std::string& self, bool is_connected) {
  const auto& last = conversation.last;
  const bool theirs = last.delivery == session::Delivery::received;
  return fmt::format("{:<32} {:>4} unread {:>4} waiting {:<9} {} {}: {}\n", conversation.peer.text(),
                     conversation.unread, conversation.waiting, is_connected ? "connected" : "-",
                     time_text(last.message.time), theirs ? last.peer : self, beginning(last.message.text));
}

}  // namespace

int list_conversations(Context& context) {
  const auto self = context.home().require_account().address.text();
  session::History history(context.home().path() / "history.db");
  const auto here = connected(context);
  auto known = names(context);
  auto list = identity::Json::array();
  for (const auto& conversation : history.conversations(most_listed)) {
    const auto with = conversation.peer.text();
    const auto& last = conversation.last;
    if (!context.json()) {
      std::cout << line_of(conversation, self, here.contains(with));
      continue;
    }
    list.push_back({{"with", with},
                    {"name", known[conversation.peer]},
                    {"unread", conversation.unread},
                    {"waiting", conversation.waiting},
                    {"connected", here.contains(with)},
                    {"last",
                     {{"from", last.delivery == session::Delivery::received ? with : self},
                      {"time", time_text(last.message.time)},
                      {"text", last.message.text}}}});
  }
  if (context.json()) {
    print({{"conversations", std::move(list)}});
  }
  return 0;
}

}  // namespace pd::command
