// Applies a patch, group by group, so that neither tree need fit in memory. The device's side: total, bounded, no
// exceptions. Format: docs/formats/patch-v1.md.
#pragma once

#include "patch/tree.h"

namespace latchkey::patch {

// What a patch says of itself in its first bytes, all within limits.h.
struct Summary {
  std::uint32_t base_files = 0;
  std::uint32_t target_files = 0;
  std::uint64_t target_bytes = 0;
  std::uint64_t peak_memory = 0;  // bytes that decoding takes at most, besides one packed group of the patch
};

// What applying the whole `patch` takes at most: summary.peak_memory and its largest packed group. Fails:
// invalid_format, future_version, input_too_large.
Result<std::uint64_t> memory_to_apply(ByteView patch);

// A patch that is read front to back, so that no more than a packed group of it need be in memory. Called from the
// thread that decodes.
class PatchReader {
 public:
  virtual ~PatchReader() = default;
  // Bytes not yet read.
  [[nodiscard]] virtual std::uint64_t left() const = 0;
  // Fills `to`, which is no longer than left(). Fails: whatever reading fails with; the decoder passes it on.
  virtual Status read(MutableBytes to) = 0;
};

// How many of a patch's first bytes a summary needs.
inline constexpr std::size_t summary_bytes = 48;

// Fails: invalid_format, future_version, input_too_large.
Result<Summary> read_summary(ByteView patch);

// Writes the new tree. Bytes that are no patch, or one for another base, end in an error, never in more output than the
// summary says, nor in more memory than `memory` bytes: a patch that announces more is refused before anything is
// written, and a packed group for which the rest of it does not suffice before it is read. What was written by then is
// to be thrown away. The caller checks the tree that came out (its signed root). Fails: invalid_format, future_version,
// input_too_large, conflict (a patch for another base), and what the ports fail with.
Status decode(PatchReader& patch, BaseReader& base, TargetWriter& target, std::uint64_t memory);
// Of a patch in memory; that, too, is the caller's.
Status decode(ByteView patch, BaseReader& base, TargetWriter& target);

}  // namespace latchkey::patch
