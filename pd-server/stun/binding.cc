#include "stun/binding.h"

#include <algorithm>

#include <boost/crc.hpp>
#include <boost/endian/conversion.hpp>

#include "http/peer.h"

namespace pd::stun_server {
namespace {

// RFC 8489, sections 5, 14 and 18.
constexpr std::uint32_t cookie = 0x2112A442;
constexpr std::uint32_t fingerprint_mask = 0x5354554E;
constexpr std::size_t fingerprint_bytes = 8;

enum Type : std::uint16_t { binding_request = 0x0001, binding_success = 0x0101, binding_error = 0x0111 };

enum Attribute : std::uint16_t {
  message_integrity = 0x0008,
  error_code = 0x0009,
  unknown_attributes = 0x000A,
  message_integrity_sha256 = 0x001C,
  xor_mapped_address = 0x0020,
  comprehension_optional = 0x8000,  // from here on
  fingerprint = 0x8028,
};

// Those of the comprehension-required range that RFC 8489 itself defines (section 18.3.1): expected or not, they are
// not unknown.
constexpr std::array<std::uint16_t, 11> of_the_standard = {0x0001, 0x0006, 0x0008, 0x0009, 0x000A, 0x0014,
                                                           0x0015, 0x001C, 0x001D, 0x001E, 0x0020};

std::uint16_t get16(const std::uint8_t* at) {
  return boost::endian::load_big_u16(at);
}

std::uint32_t get32(const std::uint8_t* at) {
  return boost::endian::load_big_u32(at);
}

bool begins_like_stun(Bytes bytes) {
  return (bytes[0] & 0xC0) == 0 && bytes[3] % 4 == 0 && get32(&bytes[4]) == cookie;
}

std::uint32_t fingerprint_of(Bytes before) {
  boost::crc_32_type crc;
  crc.process_bytes(before.data(), before.size());
  return crc.checksum() ^ fingerprint_mask;
}

// What a request's attributes come to.
struct Reading {
  std::string_view broken{};
  bool fingerprint = false;
  std::array<std::uint16_t, most_request_bytes / 4> unknown;  // the first `unknown_count` of them
  std::size_t unknown_count = 0;
};

void read_attributes(Bytes request, Reading& reading) {
  bool signed_part_over = false;
  for (Bytes rest = request.subspan(header_bytes); !rest.empty();) {
    const std::size_t length = rest.size() < 4 ? 0 : get16(&rest[2]);
    const std::size_t whole = 4 + (length + 3) / 4 * 4;
    if (rest.size() < whole) {
      reading.broken = "STUN-2";
      return;
    }
    const std::uint16_t type = get16(rest.data());
    if (type == fingerprint) {
      const Bytes before = request.first(request.size() - rest.size());
      reading.fingerprint = length == 4 && whole == rest.size() && get32(&rest[4]) == fingerprint_of(before);
      if (!reading.fingerprint) reading.broken = "STUN-6";
      return;
    }
    const bool unknown =
        type < comprehension_optional && std::ranges::find(of_the_standard, type) == of_the_standard.end();
    if (unknown && !signed_part_over) reading.unknown[reading.unknown_count++] = type;
    signed_part_over = signed_part_over || type == message_integrity || type == message_integrity_sha256;
    rest = rest.subspan(whole);
  }
}

// Writes a message into a buffer that is known to be long enough.
class Writer {
 public:
  Writer(std::span<std::uint8_t, most_request_bytes> to, Type type, Bytes request) : to_(to) {
    put16(type);
    put16(0);
    put(request.subspan(4, header_bytes - 4));  // the cookie and the transaction id
  }

  void put16(std::uint16_t value) {
    boost::endian::store_big_u16(&to_[size_], value);
    size_ += 2;
    set_length();
  }
  void put(Bytes bytes) {
    std::ranges::copy(bytes, to_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += bytes.size();
    set_length();
  }
  void put_fingerprint() {
    const std::size_t before = size_;
    put16(fingerprint);
    put16(4);
    size_ += 4;
    set_length();  // which the value covers
    boost::endian::store_big_u32(&to_[before + 4], fingerprint_of(Bytes(to_).first(before)));
  }
  std::size_t size() const { return size_; }

 private:
  void set_length() {
    if (size_ >= header_bytes) boost::endian::store_big_u16(&to_[2], static_cast<std::uint16_t>(size_ - header_bytes));
  }

  std::span<std::uint8_t, most_request_bytes> to_;
  std::size_t size_ = 0;
};

// RFC 8489, section 14.2.
template <class Raw>
void put_mapped(Writer& writer, std::uint8_t family, Raw raw, std::uint16_t port, Bytes request) {
  for (std::size_t i = 0; i < raw.size(); ++i)
    raw[i] ^= request[4 + i];
  writer.put16(xor_mapped_address);
  writer.put16(static_cast<std::uint16_t>(4 + raw.size()));
  writer.put16(family);
  writer.put16(static_cast<std::uint16_t>(port ^ (cookie >> 16)));
  writer.put(raw);
}

void put_success(Writer& writer, const Source& source, Bytes request) {
  const auto address = http::normalised(source.address);
  if (address.is_v4())
    put_mapped(writer, 1, address.to_v4().to_bytes(), source.port, request);
  else
    put_mapped(writer, 2, address.to_v6().to_bytes(), source.port, request);
}

void put_error(Writer& writer, std::span<const std::uint16_t> unknown) {
  constexpr std::array<std::uint8_t, 8> unknown_attribute_420 = {0, error_code, 0, 4, 0, 0, 4, 20};
  writer.put(unknown_attribute_420);
  writer.put16(unknown_attributes);
  writer.put16(static_cast<std::uint16_t>(2 * unknown.size()));
  for (const std::uint16_t type : unknown)
    writer.put16(type);
  if (unknown.size() % 2 != 0) writer.put16(0);
}

std::size_t success_bytes(const Source& source) {
  return header_bytes + (http::normalised(source.address).is_v4() ? 12 : 24);
}

std::size_t error_bytes(std::size_t unknown) {
  return header_bytes + 8 + 4 + (unknown + 1) / 2 * 4;
}

}  // namespace

std::optional<std::size_t> request_bytes(Bytes stream) {
  if (stream.size() < header_bytes) return 0;
  const std::size_t bytes = header_bytes + get16(&stream[2]);
  if (!begins_like_stun(stream) || bytes > most_request_bytes) return std::nullopt;
  return bytes;
}

Reply reply_to(Bytes request, const Source& source, std::span<std::uint8_t, most_request_bytes> answer) {
  const auto silence = [](std::string_view rule) { return Reply{Reply::Kind::silence, 0, rule}; };
  if (request.size() > most_request_bytes) return silence("STUN-5");
  if (request_bytes(request).value_or(0) != request.size() || request.empty()) return silence("STUN-1");
  if (get16(request.data()) != binding_request) return silence("STUN-3");
  Reading reading;
  read_attributes(request, reading);
  if (!reading.broken.empty()) return silence(reading.broken);

  const bool success = reading.unknown_count == 0;
  const std::size_t bytes = (success ? success_bytes(source) : error_bytes(reading.unknown_count)) +
                            (reading.fingerprint ? fingerprint_bytes : 0);
  if (bytes > request.size()) return silence("STUN-4");
  Writer writer(answer, success ? binding_success : binding_error, request);
  if (success)
    put_success(writer, source, request);
  else
    put_error(writer, std::span(reading.unknown).first(reading.unknown_count));
  if (reading.fingerprint) writer.put_fingerprint();
  return {success ? Reply::Kind::success : Reply::Kind::error, writer.size(), {}};
}

}  // namespace pd::stun_server
