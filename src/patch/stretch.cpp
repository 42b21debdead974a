#include "patch/stretch.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "patch/limits.h"
#include "patch/match_index.h"

namespace latchkey::patch {
namespace {

constexpr std::size_t sample_length = 24;
constexpr std::uint32_t samples_every = 64;  // on average; which ones, the bytes themselves decide
constexpr std::uint32_t no_place = 0xFFFFFFFF;
constexpr std::size_t place_bits = 18;
constexpr std::size_t bucket = 64U << 10;  // stretches begin at multiples of it

template <class Use>
void each_sample(ByteView text, Use&& use) {
  for (std::size_t i = 0; i + sample_length <= text.size(); ++i)
    if (const std::uint32_t hash = hash_of(text.data() + i, sample_length); hash % samples_every == 0)
      use(hash >> (32 - place_bits), i);
}

}  // namespace

StretchFinder::StretchFinder(ByteView source) : source_(source) {
  if (source.size() <= limits::piece_bytes) return;
  places_.assign(std::size_t{1} << place_bits, no_place);
  each_sample(source, [&](std::uint32_t slot, std::size_t place) {
    if (places_[slot] == no_place) places_[slot] = static_cast<std::uint32_t>(place);
  });
}

std::size_t StretchFinder::find(ByteView piece, std::size_t at) const {
  if (places_.empty()) return 0;
  const std::size_t last = source_.size() - limits::piece_bytes;
  constexpr std::size_t width = limits::piece_bytes / bucket;
  std::vector<std::uint32_t> hits(source_.size() / bucket + 1);
  each_sample(piece, [&](std::uint32_t slot, std::size_t i) {
    const std::uint32_t place = places_[slot];
    if (place != no_place && std::memcmp(&source_[place], &piece[i], sample_length) == 0) ++hits[place / bucket];
  });
  const auto hits_from = [&](std::size_t begin) {
    const auto first = hits.begin() + static_cast<std::ptrdiff_t>(begin / bucket);
    return std::accumulate(first, first + static_cast<std::ptrdiff_t>(std::min(width, hits.size() - begin / bucket)),
                           0U);
  };
  std::size_t best = std::min(at, last);
  std::uint32_t most = hits_from(best);
  for (std::size_t begin = 0; begin <= last; begin += bucket)
    if (const std::uint32_t count = hits_from(begin); count > most) {
      most = count;
      best = begin;
    }
  return best;
}

}  // namespace latchkey::patch
