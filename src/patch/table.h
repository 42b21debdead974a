// The table of a patch: every file of the new tree, which old file it comes from, and how; and the strings replaced
// everywhere.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "patch/range_coder.h"
#include "patch/tree.h"

namespace latchkey::patch {

enum class Kind : std::uint8_t {
  copy = 0,     // the source, unchanged
  rebuilt = 1,  // the source, rewritten (rewrite.h); nothing else is sent
  text = 2,     // in a group; its source is rewritten first
  binary = 3,   // in a group; its source is taken as it is
};

inline constexpr std::uint32_t no_source = 0xFFFFFFFF;

struct Row {
  std::string path;
  std::uint32_t source = no_source;
  Kind kind = Kind::copy;
  std::uint64_t size = 0;

  [[nodiscard]] bool is_coded() const { return kind == Kind::text || kind == Kind::binary; }
};

struct Substitution {
  std::string from;
  std::string to;
};

struct Table {
  std::vector<Row> rows;  // sorted by path
  std::vector<Substitution> substitutions;
};

// Paths and sizes of the old tree.
struct BaseFile {
  std::string_view path;
  std::uint64_t size = 0;
};
using BaseFiles = std::span<const BaseFile>;

Bytes print_table(const Table& table, BaseFiles base);
// `files` rows, as the header says. Sizes of rebuilt files are not in it: rewriting finds them.
// Fails: invalid_format, input_too_large.
Result<Table> parse_table(ByteView bytes, BaseFiles base, std::uint32_t files);

}  // namespace latchkey::patch
