#include "identity/mutator.h"

#include <algorithm>
#include <array>

namespace pd::identity::sample {
namespace {

using namespace std::string_view_literals;

constexpr std::array pieces = {"\0"sv,        "\n"sv,
                               "\r\n"sv,      " "sv,
                               "\t"sv,        "\""sv,
                               "\\"sv,        "{"sv,
                               "}"sv,         "["sv,
                               "]"sv,         ","sv,
                               ":"sv,         ";"sv,
                               "="sv,         "=="sv,
                               "."sv,         "@"sv,
                               "-"sv,         "_"sv,
                               "+"sv,         "/"sv,
                               "("sv,         ")"sv,
                               "%00"sv,       "\xff"sv,
                               "\xc0\x80"sv,  "é"sv,
                               "\\u0000"sv,   "\\ud800"sv,
                               "null"sv,      "-1"sv,
                               "1e9999"sv,    "18446744073709551616"sv,
                               "AAAA"sv,      "xn--"sv,
                               "acct:"sv,     "0x"sv,
                               "[[[[[[[[["sv, "{\"a\":"sv};

}  // namespace

std::string Mutator::operator()(std::string text) {
  for (std::size_t left = 1 + below(4); left > 0; --left)
    change(text);
  return text;
}

void Mutator::change(std::string& text) {
  const std::size_t at = place(text);
  const std::size_t length = below(16);
  switch (below(8)) {
    case 0:  // one bit
      if (at < text.size()) text[at] = static_cast<char>(text[at] ^ 1 << below(8));
      break;
    case 1:  // one byte
      if (at < text.size()) text[at] = static_cast<char>(below(256));
      break;
    case 2:
      text.erase(at, length);
      break;
    case 3:
      text.insert(at, pieces[below(pieces.size())]);
      break;
    case 4: {
      const auto piece = pieces[below(pieces.size())];
      text.replace(at, std::min(piece.size(), text.size() - at), piece);
      break;
    }
    case 5:  // a part of it again, somewhere
      text.insert(place(text), text.substr(at, length));
      break;
    case 6: {  // a part of it, moved
      const std::string part = text.substr(at, length);
      text.erase(at, length);
      text.insert(place(text), part);
      break;
    }
    default:  // the end cut off
      if (below(4) == 0) text.resize(at);
  }
}

}  // namespace pd::identity::sample
