#include "identity/recovery_words.h"

#include <algorithm>
#include <array>

#include <openssl/crypto.h>

#include "identity/encoding.h"

namespace pd::identity {
namespace {

// In alphabetical order, so that a word is found by halving.
constexpr auto word_list = std::to_array<std::string_view>({
#include "bip39_english.inc"
});
static_assert(word_list.size() == 2'048);

constexpr std::size_t seed_size = 32;
constexpr std::size_t word_bits = 11;
constexpr std::size_t word_count = (8 * seed_size + 8) / word_bits;  // the seed and a byte of checksum
constexpr std::size_t longest_word = 8;
constexpr std::size_t max_text = 1'000;

// The seed and the first byte of its SHA-256 (BIP-39, "Generating the mnemonic"); wiped when it goes.
struct Entropy {
  std::array<std::uint8_t, seed_size + 1> bytes{};

  Entropy() = default;
  Entropy(const Entropy&) = delete;
  Entropy& operator=(const Entropy&) = delete;
  ~Entropy() { OPENSSL_cleanse(bytes.data(), bytes.size()); }

  ByteView seed() const { return ByteView(bytes).first(seed_size); }
  std::uint8_t checksum() const { return bytes.back(); }

  bool bit(std::size_t i) const { return (bytes[i / 8] >> (7 - i % 8) & 1) != 0; }
  void set_bit(std::size_t i) { bytes[i / 8] = static_cast<std::uint8_t>(bytes[i / 8] | 1 << (7 - i % 8)); }
};

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// The next word of `rest`, in lower case; empty at the end.
std::string take_word(std::string_view& rest) {
  const auto begin = std::find_if_not(rest.begin(), rest.end(), is_space);
  const auto end = std::find_if(begin, rest.end(), is_space);
  std::string word = lower({begin, end});
  rest = std::string_view(end, rest.end());
  return word;
}

tl::unexpected<Error> unknown_word(const std::string& word, std::size_t position) {
  const std::string shown = word.size() <= 2 * longest_word ? " (\"" + word + "\")" : "";
  return fail(Reason::malformed, "KEY-9",
              "recovery words: word " + std::to_string(position + 1) + shown + " is not in the list");
}

}  // namespace

std::string recovery_words(const PrivateKey& key) {
  Entropy entropy;
  Bytes seed = key.seed();
  std::copy(seed.begin(), seed.end(), entropy.bytes.begin());
  wipe(seed);
  entropy.bytes.back() = sha256(entropy.seed()).front();

  std::string text;
  text.reserve(word_count * (longest_word + 1));  // at once, so that no copy of a part is left behind
  for (std::size_t word = 0; word < word_count; ++word) {
    std::size_t index = 0;
    for (std::size_t i = 0; i < word_bits; ++i)
      index = index << 1 | entropy.bit(word * word_bits + i);
    if (word > 0) text += ' ';
    text += word_list[index];
  }
  return text;
}

Result<PrivateKey> key_from_recovery_words(std::string_view words) {
  if (words.size() > max_text) return fail(Reason::malformed, "KEY-9", "recovery words: too long");
  Entropy entropy;
  for (std::size_t position = 0; position < word_count; ++position) {
    std::string word = take_word(words);
    if (word.empty()) {
      return fail(Reason::malformed, "KEY-9", "recovery words: " + std::to_string(position) + " words, not 24");
    }
    const auto found = std::lower_bound(word_list.begin(), word_list.end(), word);
    if (found == word_list.end() || *found != word) return unknown_word(word, position);
    const auto index = static_cast<std::size_t>(found - word_list.begin());
    for (std::size_t i = 0; i < word_bits; ++i) {
      if ((index >> (word_bits - 1 - i) & 1) != 0) entropy.set_bit(position * word_bits + i);
    }
    wipe(word);
  }
  if (!take_word(words).empty()) return fail(Reason::malformed, "KEY-9", "recovery words: more than 24 words");
  if (sha256(entropy.seed()).front() != entropy.checksum()) {
    return fail(Reason::malformed, "KEY-10",
                "recovery words: the checksum is wrong; is a word mistyped or out of place?");
  }
  return PrivateKey::from_seed(entropy.seed());
}

}  // namespace pd::identity
