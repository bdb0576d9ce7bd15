#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pd::identity {

// A text that is overwritten in memory when it goes, and wherever it has been before: a passphrase, a private key as
// PEM, recovery words. Moves; copies only when asked.
class Secret {
 public:
  Secret() = default;
  // Takes `text` over and overwrites what is left of it.
  explicit Secret(std::string&& text);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  Secret copy() const;

  std::string_view view() const { return text_; }
  std::size_t size() const { return text_.size(); }
  bool empty() const { return text_.empty(); }

  // As for std::string, but the memory that is given up is overwritten.
  void reserve(std::size_t capacity);
  void append(std::string_view text);
  void truncate(std::size_t size);  // no longer than it is

  bool operator==(const Secret&) const = default;

 private:
  std::string text_;
};

}  // namespace pd::identity
