// The old texts a group is made from: read, rewritten, and laid out one after the other. Both sides do it alike.
#pragma once

#include "patch/container.h"
#include "patch/group_coder.h"
#include "patch/rewrite.h"

namespace latchkey::patch {

// What both sides know before the groups.
struct Trees {
  const Table& table;
  BaseFiles base;
  BaseReader& reader;
  const Rewriter& rewriter;
  std::uint64_t largest_file = 0;  // limits of this patch, from its header
  std::uint64_t largest_group = 0;
  std::uint64_t largest_names = 0;
  SourceWork* work = nullptr;  // what may still be done, by all that read sources
};

// The whole source of `row`, rewritten if it is a text.
Result<Bytes> read_source(const Trees& trees, const Row& row);

// Of a file in pieces: at most limits::piece_bytes of its source, from `begin` on, rewritten if it is a text; nothing
// if it has none. Fails: invalid_format (it begins behind the source), and as read_source().
Result<Bytes> read_stretch(const Trees& trees, const Row& row, std::uint64_t begin);

// Appends the sources of `rows` to `text`; a source that follows itself is there once. Gives the place of each row's
// own; rows without one get the end. Fails: input_too_large.
Result<std::vector<Extent>> join_sources(const Trees& trees, std::span<const std::uint32_t> rows, Bytes& text);
// The same, blanked. `targets`: bytes of the new files, reserved behind the sources.
Result<std::vector<Extent>> blank_sources(const Trees& trees, std::span<const std::uint32_t> rows,
                                          std::uint64_t targets, Workspace& work);
// The same for a piece of `target` bytes.
Result<Extent> blank_stretch(const Trees& trees, const Row& row, std::uint64_t begin, std::uint64_t target,
                             Workspace& work);

std::uint64_t target_bytes_of(const Table& table, std::span<const std::uint32_t> rows);

}  // namespace latchkey::patch
