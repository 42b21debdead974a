// What is done to an old file before the new one is compared with it: renamed files' tokens are replaced in place, then
// the patch's substitutions. Both sides do it alike, so a replacement too many costs bytes, never correctness.
#pragma once

#include <bitset>
#include <string>
#include <unordered_map>
#include <vector>

#include "patch/rename.h"
#include "patch/table.h"

namespace latchkey::patch {

class Rewriter {
 public:
  // Takes the tokens of all renamed files of `table`; of two for one old token the first counts.
  Rewriter(const Table& table, BaseFiles base);

  // Fails: input_too_large when the text outgrows limits::max_group_bytes.
  Status rewrite(Bytes& text) const;
  // The two halves of it.
  void replace_tokens(MutableBytes text) const;
  Status substitute(Bytes& text) const;

 private:
  void add(Token token);
  [[nodiscard]] const Token* find(ByteView at) const;

  std::bitset<65536> begins_;                             // by hash of a token's first four bytes
  std::unordered_multimap<std::uint64_t, Token> tokens_;  // by its first six bytes
  const Table& table_;
};

// Where `wanted` (1 to limits::max_substitution_bytes bytes) occurs, from left to right, without overlap.
std::vector<std::size_t> find_all(ByteView text, std::string_view wanted);

// Every `from` in `text` becomes `to`, from left to right. Fails: input_too_large.
Status replace_all(Bytes& text, std::string_view from, std::string_view to);

}  // namespace latchkey::patch
