// Learns the strings that changed alike in many files: a build tool puts the version of the release into every chunk.
// Encoder only.
#pragma once

#include <span>
#include <vector>

#include "patch/rewrite.h"

namespace latchkey::patch {

// An old file after its tokens were replaced, and the new one.
struct Pair {
  Bytes old_text;
  ByteView new_text;
};

// The substitutions that pay, most frequent first, each as found after those before it were made. Changes the pairs'
// old texts. At most limits::max_substitutions.
std::vector<Substitution> learn_substitutions(std::span<Pair> pairs);

}  // namespace latchkey::patch
