// Every limit of a patch, and why it is what it is. The decoder refuses what exceeds one before it allocates.
#pragma once

#include <cstddef>
#include <cstdint>

namespace latchkey::patch::limits {

// Of bundles, as protocol/limits.h has them; publish/object_maker.cpp compares the two. n8n, the largest web
// application measured, has 1,661 files and 66 MB.
inline constexpr std::size_t max_files = 20'000;
inline constexpr std::uint64_t max_total_bytes = 512ULL << 20;
inline constexpr std::size_t max_path_bytes = 180;
// What lies in memory at a time: a group's sources and its targets. The encoder gathers small files up to `group_bytes`
// of either; one file alone may reach `max_group_bytes`; larger files are cut into pieces of `piece_bytes`, each a
// group.
inline constexpr std::size_t group_bytes = 6U << 20;
inline constexpr std::size_t max_group_bytes = 8U << 20;
inline constexpr std::size_t piece_bytes = 4U << 20;
inline constexpr std::size_t max_groups = 4096;
// The table of 20,000 new files with names of 180 random bytes packs to less.
inline constexpr std::size_t max_table_bytes = 4U << 20;
// Release strings ("app@1.2.3"): measured releases have at most three.
inline constexpr std::size_t max_substitutions = 16;
inline constexpr std::size_t max_substitution_bytes = 96;
// Of renamed files' tokens that begin with the same six bytes so many count: hashes do not begin alike, and each is
// compared wherever a text has those six bytes.
inline constexpr std::size_t max_tokens_alike = 32;
// What applying costs at most, however few bytes a patch has. Each byte of the target: 128 modelled bits (a step's
// kind, distance and length, or a byte; and a name's guesses and letters). The sources: so many times the base and the
// target together are read, and looked through once for the tokens and once for each substitution. An encoder needs
// two: it reads a source once, or once for each group of its files.
inline constexpr std::uint64_t modelled_bits_per_byte = 128;
inline constexpr std::uint64_t source_rounds = 8;
// A patch is at most what it makes, stored, and its table and frames.
inline constexpr std::uint64_t max_patch_bytes = max_total_bytes + max_table_bytes + 64 * max_groups;

}  // namespace latchkey::patch::limits
