// What the two halves of the modelled codec share: the text coder (text_coder.h) makes the blanked texts of a group,
// the name coder (name_coder.h) fills in the names. Each has a stream of its own, so that a reader may do both at once.
#pragma once

#include <algorithm>
#include <bit>
#include <vector>

#include "base/result.h"
#include "patch/blanking.h"
#include "patch/name_model.h"
#include "patch/text_model.h"

namespace latchkey::patch {

// Where the source of a file lies in a group's text; empty if it has none.
struct Extent {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t bytes = 0;  // of the source before it was blanked
};

// What the name coder is told of the text, in order: so many bytes that are literals, or that come from `source`; then
// that a file ends.
struct Piece {
  static constexpr std::uint32_t literal = 0xFFFFFFFF;
  std::uint32_t source = literal;
  std::uint32_t length = 0;  // 0: a file ends here
};

// The blanked old texts of a group, one after the other, and behind them the new ones as far as they are known.
struct Workspace {
  TextBuffer text;
  std::vector<Name> names;
  std::size_t old_size = 0;
  std::size_t largest_names = ~std::size_t{0};
  bool has_names = true;  // else a blank is a byte like any other

  // How many names stand before text[at].
  [[nodiscard]] std::size_t rank(std::size_t at) {
    while (ranks_.size() <= at / rank_step) count_block();
    return ranks_[at / rank_step] + count_blanks({text.data() + (at - at % rank_step), at % rank_step});
  }

 private:
  static constexpr std::size_t rank_step = 128;
  void count_block();
  static std::size_t count_blanks(ByteView bytes);  // of at most a block
  std::vector<std::uint32_t> ranks_{0};             // names before every 128th byte, as far as anybody asked
};

// Everything that learns; lives through all groups of a patch.
struct Models {
  static constexpr std::size_t tables = TextModel::table_bytes + NameModel::table_bytes;
  TextModel text;
  SignedModel sizes;
  NameModel names;
};

// Where the next run is expected; the encoder's search asks the same questions.
struct Position {
  std::size_t old_end = 0;         // in the old text, where the last old run ended
  std::size_t old_end_at = 0;      // in the buffer, where that was written up to
  std::uint32_t distance = 0;      // of the last run from the new text
  std::size_t expected = no_byte;  // of the byte that would continue the last run, at `expected_at`
  std::size_t expected_at = 0;

  static constexpr std::size_t no_byte = ~std::size_t{0};
  [[nodiscard]] std::size_t onward(std::size_t at) const { return old_end + (at - old_end_at); }

  // Where `step` at buffer position `at` takes its bytes from; may be out of range for a hostile one.
  [[nodiscard]] std::int64_t source_of(const Step& step, std::size_t at) const;
  void take(const Step& step, std::size_t source, std::size_t at, std::size_t old_size);
};

}  // namespace latchkey::patch
