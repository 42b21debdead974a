// Makes a patch: what turns one tree into another, in as few bytes as it can. The publisher's side; see decode.h for
// the other. Format: docs/formats/patch-v1.md.
#pragma once

#include <span>

#include "patch/limits.h"
#include "patch/tree.h"

namespace latchkey::patch {

struct EncodeOptions {
  int zstd_level = 19;  // of the plain codec, 1..19
  // No modelled groups: faster to apply, larger. Full bundles never have any: there they gain 6 % and cost a second per
  // 10 MB.
  bool only_plain = false;
  std::size_t group_bytes = limits::group_bytes;  // smaller: less memory on the device, more bytes
};

// The patch from `base` to `target`; an empty base makes a full bundle. The same input gives the same bytes on every
// machine. The result was decoded once and compared with `target` before it is returned. Pure, one thread, seconds for
// 20 MB. Memory: about 25 bytes per byte of the largest group, besides the trees. Fails: invalid_argument (a list not
// sorted, a path twice or too long), input_too_large (limits.h).
Result<Bytes> encode(std::span<const File> base, std::span<const File> target, const EncodeOptions& options = {});

}  // namespace latchkey::patch
