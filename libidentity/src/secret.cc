#include "identity/secret.h"

#include <algorithm>
#include <utility>

#include <openssl/crypto.h>

#include "identity/key.h"

namespace pd::identity {

// A short string is copied when it is moved: what it leaves behind is overwritten too.
Secret::Secret(std::string&& text) : text_(std::move(text)) {
  wipe(text);
}

Secret::Secret(Secret&& other) noexcept : text_(std::move(other.text_)) {
  wipe(other.text_);
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe(text_);
    text_ = std::move(other.text_);
    wipe(other.text_);
  }
  return *this;
}

Secret::~Secret() {
  wipe(text_);
}

Secret Secret::copy() const {
  return Secret(std::string(text_));
}

void Secret::reserve(std::size_t capacity) {
  if (capacity <= text_.capacity()) return;
  std::string larger;
  larger.reserve(capacity);
  larger.append(text_);
  wipe(text_);
  text_ = std::move(larger);
}

void Secret::append(std::string_view text) {
  const std::size_t needed = text_.size() + text.size();
  if (needed > text_.capacity()) reserve(std::max(needed, 2 * text_.capacity()));
  text_ += text;
}

void Secret::truncate(std::size_t size) {
  OPENSSL_cleanse(text_.data() + size, text_.size() - size);
  text_.resize(size);
}

}  // namespace pd::identity
