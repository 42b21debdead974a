// Where in an old file that is too large to be read as a whole most of what a piece of the new one is made from lies.
// Encoder only; a decoder is told.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace latchkey::patch {

class StretchFinder {
 public:
  // `source` must outlive it.
  explicit StretchFinder(ByteView source);

  // Where limits::piece_bytes of the source begin, or as many as it has, for the piece of the new file at `at`.
  [[nodiscard]] std::size_t find(ByteView piece, std::size_t at) const;

 private:
  ByteView source_;
  std::vector<std::uint32_t> places_;  // of strings of the source, by hash
};

}  // namespace latchkey::patch
