#include "patch/match_index.h"

#include <algorithm>

namespace latchkey::patch {

std::uint32_t hash_of(const std::uint8_t* at, std::size_t length) {
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < length; ++i) hash = (hash + at[i] + 1) * 0x9E3779B97F4A7C15ULL;
  return static_cast<std::uint32_t>(hash >> 32);
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
