// What is done to an old file before the new one is compared with it: renamed files' tokens are replaced in place, then
// the patch's substitutions. Both sides do it alike, so a replacement too many costs bytes, never correctness.
#pragma once

#include <bitset>
#include <string>
#include <utility>
#include <vector>

#include "patch/limits.h"
#include "patch/rename.h"
#include "patch/table.h"

namespace latchkey::patch {

// How many bytes of sources may still be looked through (limits::source_rounds). Without it a few bytes of a hostile
// patch could ask for the same large source again and again.
class SourceWork {
 public:
  static constexpr std::uint64_t unbounded = ~std::uint64_t{0};
  explicit SourceWork(std::uint64_t most = unbounded) : left_(most) {}
  static SourceWork of(const Table& table, BaseFiles base, std::uint64_t target_bytes);

  // Fails: input_too_large.
  Status take(std::uint64_t bytes);
  [[nodiscard]] std::uint64_t left() const { return left_; }
  // The longest text that was looked through since this was last asked.
  std::uint64_t take_longest() { return std::exchange(longest_, 0); }

 private:
  std::uint64_t left_;
  std::uint64_t longest_ = 0;
};

class Rewriter {
 public:
  // Takes the tokens of all renamed files of `table`; of two for one old token the first counts, of those that begin
  // alike the first few (limits::max_tokens_alike).
  Rewriter(const Table& table, BaseFiles base);

  // In place, so that with room for `most` bytes in `text` no second copy of it is made. Fails: input_too_large when it
  // outgrows `most` bytes at any time, or there is more to do than `work` allows.
  Status rewrite(Bytes& text, SourceWork& work, std::uint64_t most = limits::max_group_bytes) const;
  // Whether a text may become longer.
  [[nodiscard]] bool may_lengthen() const;
  // The first half of it.
  void replace_tokens(MutableBytes text) const;

 private:
  [[nodiscard]] const Token* find(ByteView at) const;

  std::bitset<65536> begins_;  // by hash of a token's first four bytes
  std::bitset<65536> inside_;  // of those, and of the four that begin one and two bytes later
  std::vector<Token> tokens_;  // by first six bytes, then as they came
  const Table& table_;
};

// Where `wanted` (1 to limits::max_substitution_bytes bytes) occurs, from left to right, without overlap.
std::vector<std::size_t> find_all(ByteView text, std::string_view wanted);

// Every `from` in `text` becomes `to`, from left to right, in place. Gives how many. Fails: input_too_large (it would
// have more than `most` bytes; then it is as it was).
Result<std::size_t> replace_all(Bytes& text, std::string_view from, std::string_view to,
                                std::uint64_t most = limits::max_group_bytes);

}  // namespace latchkey::patch
