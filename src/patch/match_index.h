// Finds where bytes occurred before: in the old text near a wanted place, in the new text as late as possible. Encoder
// only.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "patch/text_buffer.h"

namespace latchkey::patch {

// How many bytes from `a` and from `b` on, which is the later one, are the same; at most `most`.
inline std::size_t common_length(ByteView text, std::size_t a, std::size_t b, std::size_t most) {
  std::size_t n = 0;
  for (; n + sizeof(std::uint64_t) <= most; n += sizeof(std::uint64_t))
    if (const std::uint64_t differ = load_word(&text[a + n]) ^ load_word(&text[b + n]); differ != 0)
      return n + static_cast<std::size_t>(std::countr_zero(differ)) / 8;
  while (n < most && text[a + n] == text[b + n]) ++n;
  return n;
}

// Of `length` bytes, at least four.
std::uint32_t hash_of(const std::uint8_t* at, std::size_t length);

// The places of every `length`-byte string in a text, by hash, in order.
class PlaceIndex {
 public:
  PlaceIndex(ByteView text, std::size_t length);

  // Fetches what near() will look at: of the string some bytes ahead, and further on where its places are listed.
  void read_ahead(const std::uint8_t* soon, const std::uint8_t* later) const {
    if (places_.empty()) return;
    __builtin_prefetch(&places_[std::min<std::size_t>(starts_[hash_of(soon, length_) >> shift_], places_.size() - 1)]);
    __builtin_prefetch(&starts_[hash_of(later, length_) >> shift_]);
  }

  // Calls `use(place)` for at most `most` places with the hash of `at`, those nearest to `wanted` first on either side.
  template <class Use>
  void near(const std::uint8_t* at, std::size_t wanted, std::size_t most, Use&& use) const {
    if (places_.empty()) return;
    const std::uint32_t hash = hash_of(at, length_) >> shift_;
    const auto begin = places_.begin() + starts_[hash];
    const auto end = places_.begin() + starts_[hash + 1];
    auto after = std::lower_bound(begin, end, static_cast<std::uint32_t>(wanted));
    auto before = after;
    for (std::size_t i = 0; i < most && (after != end || before != begin); ++i) {
      const bool forward = before == begin || (after != end && *after - wanted <= wanted - *(before - 1));
      use(forward ? *after++ : *--before);
    }
  }
  [[nodiscard]] std::size_t length() const { return length_; }

 private:
  std::size_t length_;
  std::uint32_t shift_ = 0;
  std::vector<std::uint32_t> starts_;
  std::vector<std::uint32_t> places_;
};

// The new text's own earlier places, latest first; places are added as the search goes on.
class RecentIndex {
 public:
  RecentIndex(std::size_t begin, std::size_t end);
  void add(ByteView text, std::size_t at);
  template <class Use>
  void latest(ByteView text, std::size_t at, std::size_t most, Use&& use) const {
    if (at + length > text.size()) return;
    std::uint32_t place = heads_[hash_of(text.data() + at, length) >> shift];
    for (std::size_t i = 0; i < most && place != none; ++i, place = earlier_[place - begin_])
      if (place < at) use(place);
  }
  static constexpr std::size_t length = 4;

 private:
  static constexpr std::uint32_t none = 0xFFFFFFFF;
  static constexpr std::uint32_t shift = 14;
  std::size_t begin_;
  std::vector<std::uint32_t> heads_;
  std::vector<std::uint32_t> earlier_;
};

}  // namespace latchkey::patch
