#pragma once

#include <cstddef>
#include <memory>

#include "identity/encoding.h"

struct evp_md_ctx_st;

namespace pd::files {

// SHA-256 of bytes that come in parts. Throws std::runtime_error when the crypto library fails.
class Digest {
 public:
  Digest();
  void add(const char* bytes, std::size_t size);
  // Of what was added so far; more may follow.
  identity::Hash so_far() const;
  void restart();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace pd::files
