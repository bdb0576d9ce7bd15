#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace pd::identity::sample {

// Spoils texts in the ways that break parsers: bytes changed, put in, taken out, moved and repeated, pieces of grammar
// where they do not belong. The same seed gives the same texts in every run.
class Mutator {
 public:
  explicit Mutator(std::uint32_t seed) : random_(seed) {}

  // `text` after one to four changes; may by chance be `text` itself.
  std::string operator()(std::string text);

  // A number below `bound`, which is not 0.
  std::size_t below(std::size_t bound) { return random_() % bound; }

 private:
  void change(std::string& text);
  std::size_t place(const std::string& text) { return below(text.size() + 1); }

  std::mt19937 random_;
};

}  // namespace pd::identity::sample
