// Finds for every new file the old one it was made from: the same content, else the most shared stretches of bytes,
// else the name. Encoder only.
#pragma once

#include <span>
#include <vector>

#include "patch/table.h"

namespace latchkey::patch {

// Per file of `target`: its source in `base` or no_source, and Kind::copy where it is the same.
struct Match {
  std::uint32_t source = no_source;
  bool same = false;
};
std::vector<Match> match_files(std::span<const File> base, std::span<const File> target);

}  // namespace latchkey::patch
