#pragma once

#include <cstddef>
#include <string>

#include "command/context.h"

namespace pd::command {

struct ChatOptions {
  std::string address;
  std::size_t history = 0;
  std::string search;
  unsigned wait = 10;  // seconds
  bool no_agent = false;
};

// Shows one conversation of the agent that runs in this home; leaving it leaves the agent at work. Throws Failure.
int chat_through_agent(Context& context, const ChatOptions& options);

// Prints with whom there are messages, and what is unread. Asks nobody but the agent, if there is one.
int list_conversations(Context& context);

// The end of a chat whose input has ended with `left` messages undelivered.
directory::Failure not_delivered(const identity::Address& to, std::size_t left, const std::string& why,
                                 const std::string& hint);

}  // namespace pd::command
