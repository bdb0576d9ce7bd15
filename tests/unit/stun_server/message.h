#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include <boost/crc.hpp>

namespace pd::stun_server {

using Buffer = std::vector<std::uint8_t>;

inline void put(Buffer& bytes, std::initializer_list<std::size_t> more) {
  for (const std::size_t byte : more)
    bytes.push_back(static_cast<std::uint8_t>(byte & 255));
}

inline Buffer attribute(std::size_t type, std::string_view value) {
  Buffer bytes;
  put(bytes, {type >> 8, type, value.size() >> 8, value.size()});
  bytes.insert(bytes.end(), value.begin(), value.end());
  bytes.resize((bytes.size() + 3) / 4 * 4);
  return bytes;
}

// A message of `type` with attributes, which are whole.
inline Buffer message(std::size_t type, const Buffer& attributes = {}) {
  Buffer bytes;
  put(bytes, {type >> 8, type, attributes.size() >> 8, attributes.size(), 0x21, 0x12, 0xa4, 0x42});
  put(bytes, {0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae});
  bytes.insert(bytes.end(), attributes.begin(), attributes.end());
  return bytes;
}

inline Buffer with_fingerprint(Buffer bytes) {
  bytes[3] = static_cast<std::uint8_t>(bytes[3] + 8);
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  const std::size_t value = crc.checksum() ^ 0x5354554Eu;
  put(bytes, {0x80, 0x28, 0, 4, value >> 24, value >> 16, value >> 8, value});
  return bytes;
}

inline Buffer usual_request() {
  return with_fingerprint(message(1, attribute(0x8022, "pd peer-discovery client")));
}

}  // namespace pd::stun_server
