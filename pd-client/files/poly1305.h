#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

struct evp_mac_ctx_st;

namespace pd::files {

// Poly1305 (RFC 8439, section 2.5) of bytes that come in parts. Throws std::runtime_error when the crypto library
// fails.
class Poly1305 {
 public:
  using Key = std::array<std::uint8_t, 32>;
  using Tag = std::array<std::uint8_t, 16>;

  explicit Poly1305(const Key& key);
  // From the operating system's generator.
  static Key random_key();

  void add(std::string_view bytes);
  // Of what was added so far; more may follow.
  Tag so_far() const;
  // Forgets what was added; the key stays.
  void restart();

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const;
  };
  Key key_;
  std::unique_ptr<evp_mac_ctx_st, Free> context_;
};

}  // namespace pd::files
