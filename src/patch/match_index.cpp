#include "patch/match_index.h"

#include <algorithm>

namespace latchkey::patch {

namespace {

std::uint64_t stirred(std::uint64_t hash) {
  hash *= 0x9E3779B97F4A7C15ULL;
  return hash ^ (hash >> 29);
}

std::uint64_t four_at(const std::uint8_t* at) {
  return std::uint64_t{at[0]} | (std::uint64_t{at[1]} << 8) | (std::uint64_t{at[2]} << 16) |
         (std::uint64_t{at[3]} << 24);
}

}  // namespace

// By words; the last one overlaps those before it.
std::uint32_t hash_of(const std::uint8_t* at, std::size_t length) {
  if (length < 8) return static_cast<std::uint32_t>(stirred(four_at(at) | (four_at(at + length - 4) << 32)) >> 32);
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i + 8 < length; i += 8) hash = stirred(hash ^ load_word(at + i));
  return static_cast<std::uint32_t>(stirred(hash ^ load_word(at + length - 8)) >> 32);
}

PlaceIndex::PlaceIndex(ByteView text, std::size_t length) : length_(length) {
  if (text.size() < length) return;
  const std::size_t count = text.size() - length + 1;
  std::uint32_t bits = 10;
  while (bits < 22 && (std::size_t{1} << bits) < count) ++bits;
  shift_ = 32 - bits;
  starts_.assign((std::size_t{1} << bits) + 1, 0);
  std::vector<std::uint32_t> hashes(count);
  for (std::size_t i = 0; i < count; ++i) ++starts_[(hashes[i] = hash_of(text.data() + i, length) >> shift_) + 1];
  for (std::size_t i = 1; i < starts_.size(); ++i) starts_[i] += starts_[i - 1];
  places_.resize(count);
  std::vector<std::uint32_t> next(starts_.begin(), starts_.end() - 1);
  for (std::size_t i = 0; i < count; ++i) places_[next[hashes[i]]++] = static_cast<std::uint32_t>(i);
}

RecentIndex::RecentIndex(std::size_t begin, std::size_t end)
    : begin_(begin), heads_(std::size_t{1} << (32 - shift), none), earlier_(end - begin, none) {}

void RecentIndex::add(ByteView text, std::size_t at) {
  if (at + length > text.size()) return;
  std::uint32_t& head = heads_[hash_of(text.data() + at, length) >> shift];
  earlier_[at - begin_] = head;
  head = static_cast<std::uint32_t>(at);
}

}  // namespace latchkey::patch
