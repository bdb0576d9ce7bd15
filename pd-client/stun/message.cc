#include "stun/message.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string_view>

#include <openssl/rand.h>
#include <boost/crc.hpp>
#include <boost/endian/conversion.hpp>

namespace pd::stun {
namespace {

namespace ip = boost::asio::ip;
using identity::fail;
using identity::Reason;

// RFC 8489, sections 5, 14 and 18.
constexpr std::size_t header_bytes = 20;
constexpr std::uint32_t cookie = 0x2112A442;
constexpr std::uint16_t binding_request_type = 0x0001;
constexpr std::uint16_t binding_success = 0x0101;
constexpr std::uint16_t binding_error = 0x0111;
constexpr std::uint16_t error_code = 0x0009;
constexpr std::uint16_t xor_mapped_address = 0x0020;
constexpr std::uint16_t software = 0x8022;
constexpr std::uint16_t fingerprint = 0x8028;
constexpr std::uint16_t comprehension_optional = 0x8000;
// Those below that which RFC 8489 itself defines (section 18.3.1).
constexpr std::array<std::uint16_t, 11> of_the_standard = {0x0001, 0x0006, 0x0008, 0x0009, 0x000A, 0x0014,
                                                           0x0015, 0x001C, 0x001D, 0x001E, 0x0020};
constexpr std::uint32_t fingerprint_mask = 0x5354554E;

// Says which program asks, and no more: not which version of it, on which system. A multiple of four, so that no
// padding follows. (STUN-14)
constexpr std::string_view our_name = "pd peer-discovery client";
static_assert(header_bytes + 4 + our_name.size() + 8 == request_bytes && our_name.size() % 4 == 0);

std::uint16_t get16(const std::uint8_t* at) {
  return boost::endian::load_big_u16(at);
}

std::uint32_t get32(const std::uint8_t* at) {
  return boost::endian::load_big_u32(at);
}

std::uint32_t fingerprint_of(Bytes before) {
  boost::crc_32_type crc;
  crc.process_bytes(before.data(), before.size());
  return crc.checksum() ^ fingerprint_mask;
}

// The two first bits and the cookie; the length is a multiple of four.
bool begins_like_stun(Bytes bytes) {
  return (bytes[0] & 0xC0) == 0 && bytes[3] % 4 == 0 && get32(&bytes[4]) == cookie;
}

bool is_whole_message(Bytes datagram) {
  return datagram.size() >= header_bytes && begins_like_stun(datagram) &&
         get16(&datagram[2]) == datagram.size() - header_bytes;
}

struct Attribute {
  std::uint16_t type;
  Bytes value;
};

// Takes the first attribute off `rest`; none when it is cut off.
std::optional<Attribute> take_attribute(Bytes& rest) {
  if (rest.size() < 4) return std::nullopt;
  const std::size_t length = get16(&rest[2]);
  const std::size_t padded = (length + 3) / 4 * 4;
  if (rest.size() - 4 < padded) return std::nullopt;
  const Attribute attribute{get16(rest.data()), rest.subspan(4, length)};
  rest = rest.subspan(4 + padded);
  return attribute;
}

// RFC 8489, section 14.2: the address is xored with what begins at the cookie.
Result<Mapped> read_mapped(Bytes value, Bytes message) {
  const auto bad = [] { return fail(Reason::malformed, "STUN-16", "no address in XOR-MAPPED-ADDRESS"); };
  if (value.size() < 4) return bad();
  const auto port = static_cast<std::uint16_t>(get16(&value[2]) ^ (cookie >> 16));
  const auto unmask = [&](auto bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i)
      bytes[i] = value[4 + i] ^ message[4 + i];
    return bytes;
  };
  if (value[1] == 1 && value.size() == 8) return Mapped{ip::address_v4(unmask(ip::address_v4::bytes_type{})), port};
  if (value[1] == 2 && value.size() == 20) return Mapped{ip::address_v6(unmask(ip::address_v6::bytes_type{})), port};
  return bad();
}

Result<unsigned> read_error(Bytes value) {
  const unsigned hundreds = value.size() < 4 ? 0 : value[2] & 7u;
  if (hundreds < 3 || hundreds > 6 || value[3] > 99) {
    return fail(Reason::malformed, "STUN-17", "no code in ERROR-CODE");
  }
  return hundreds * 100 + value[3];
}

}  // namespace

TransactionId random_transaction() {
  TransactionId id;
  if (RAND_bytes(id.data(), static_cast<int>(id.size())) != 1) throw std::runtime_error("no entropy");
  return id;
}

std::array<std::uint8_t, request_bytes> binding_request(const TransactionId& id) {
  std::array<std::uint8_t, request_bytes> request{};
  const auto put16 = [&](std::size_t at, std::uint16_t value) { boost::endian::store_big_u16(&request[at], value); };
  const auto put32 = [&](std::size_t at, std::uint32_t value) { boost::endian::store_big_u32(&request[at], value); };
  put16(0, binding_request_type);
  put16(2, request_bytes - header_bytes);
  put32(4, cookie);
  std::ranges::copy(id, &request[8]);
  put16(header_bytes, software);
  put16(header_bytes + 2, our_name.size());
  std::ranges::copy(our_name, &request[header_bytes + 4]);
  constexpr std::size_t last = request_bytes - 8;
  put16(last, fingerprint);
  put16(last + 2, 4);
  put32(last + 4, fingerprint_of(Bytes(request).first(last)));
  return request;
}

Result<std::size_t> message_bytes(Bytes stream) {
  if (stream.size() < header_bytes) return std::size_t{0};
  if (!begins_like_stun(stream)) return fail(Reason::malformed, "STUN-1", "not a STUN message");
  const std::size_t bytes = header_bytes + get16(&stream[2]);
  if (bytes > most_answer_bytes) return fail(Reason::too_large, "STUN-18", "an answer of more than 1,280 bytes");
  return bytes;
}

std::string Mapped::text() const {
  const std::string host = address.to_string();
  return (address.is_v6() ? "[" + host + "]:" : host + ":") + std::to_string(port);
}

Result<Answer> read_answer(Bytes message) {
  if (!is_whole_message(message)) return fail(Reason::malformed, "STUN-1", "not a STUN message");
  if (message.size() > most_answer_bytes) {
    return fail(Reason::too_large, "STUN-18", "an answer of more than 1,280 bytes");
  }
  const std::uint16_t type = get16(message.data());
  if (type != binding_success && type != binding_error) {
    return fail(Reason::unsupported, "STUN-15", "not an answer to a Binding request");
  }
  Answer answer{};
  std::copy_n(&message[8], answer.id.size(), answer.id.begin());
  const std::uint16_t wanted = type == binding_success ? xor_mapped_address : error_code;
  bool found = false;
  for (Bytes rest = message.subspan(header_bytes); !rest.empty();) {
    const std::size_t before = message.size() - rest.size();
    const auto attribute = take_attribute(rest);
    if (!attribute) return fail(Reason::malformed, "STUN-2", "an attribute is cut off");
    if (attribute->type < comprehension_optional &&
        std::ranges::find(of_the_standard, attribute->type) == of_the_standard.end()) {
      return fail(Reason::unsupported, "STUN-21", "an attribute that must be understood, and is not");
    }
    if (attribute->type == fingerprint) {
      const bool fits = rest.empty() && attribute->value.size() == 4;
      if (!fits || get32(attribute->value.data()) != fingerprint_of(message.first(before))) {
        return fail(Reason::malformed, "STUN-6", "the fingerprint is not that of the message");
      }
    } else if (attribute->type == wanted && !found) {  // of several the first counts (RFC 8489, section 14)
      found = true;
      if (type == binding_success) {
        auto mapped = read_mapped(attribute->value, message);
        if (!mapped) return tl::unexpected(mapped.error());
        answer.mapped = *std::move(mapped);
      } else {
        const auto error = read_error(attribute->value);
        if (!error) return tl::unexpected(error.error());
        answer.error = *error;
      }
    }
  }
  if (!found)
    return fail(Reason::malformed, type == binding_success ? "STUN-16" : "STUN-17", "an answer without answer");
  return answer;
}

}  // namespace pd::stun
