#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "identity/encoding.h"
#include "identity/result.h"

// The part of Structured Field Values for HTTP (RFC 9651) that request signatures use: dictionaries of one member,
// which is an inner list of strings with parameters, or a byte sequence. Whatever else a field may hold is refused
// (SIG-5).
namespace pd::identity {

struct InnerList {
  using Value = std::variant<std::int64_t, std::string>;

  std::vector<std::string> items;
  std::vector<std::pair<std::string, Value>> parameters;  // in the order in which they came
};

// `label=("a" "b");n=1;s="x"`, with the white space that RFC 9651 allows. Items must be strings without parameters,
// parameters integers or strings, none twice. Fails with malformed, or unsupported for other types.
Result<InnerList> parse_inner_list_member(std::string_view field, std::string_view label);

// `("a" "b");n=1;s="x"`, as RFC 9651, section 4.1.1.1, writes it. Throws std::invalid_argument when a string is not of
// printable ASCII, which cannot be written.
std::string serialize(const InnerList& list);

// `label=:AAECAw==:`. Fails with malformed.
Result<Bytes> parse_bytes_member(std::string_view field, std::string_view label);
std::string serialize_bytes_member(std::string_view label, ByteView bytes);

}  // namespace pd::identity
