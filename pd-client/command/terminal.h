#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "identity/secret.h"

namespace pd::command {

// Asks on the terminal itself, whatever standard input and output are, without showing what is typed. Ctrl+C restores
// the terminal and ends the program as always. Throws Failure where there is no terminal: `option` is what answers
// there.
identity::Secret ask_secret(std::string_view prompt, std::string_view option);

// Asks for so many words, on one line or several, in the same way. An empty line or the end of the input ends it too;
// what else was typed by then is thrown away, so that no shell ever reads it.
identity::Secret ask_secret_words(std::string_view prompt, std::size_t count, std::string_view option);

// Asks twice, until both answers are the same.
identity::Secret ask_new_secret(std::string_view prompt, std::string_view option);

// Asks for one line that may be seen, in the same way.
std::string ask_line(std::string_view prompt, std::string_view option);

// "yes" typed in full goes on; anything else throws Failure. `yes` (from --yes) goes on at once; without a terminal it
// is needed.
void confirm(std::string_view question, bool yes);

}  // namespace pd::command
