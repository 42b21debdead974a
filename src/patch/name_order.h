// The order in which a minifier hands out names, learnt from the old text, so that "the name after this one" has a
// meaning. All minifiers count alike - the first letter of 54 turns fastest, the others are of 64 - but each orders its
// letters by how frequent they are in the text. Names used equally often get theirs in order of appearance, so
// neighbours in the text tell the order.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "patch/blanking.h"

namespace latchkey::patch {

class NameOrder {
 public:
  // Takes the names of one old text, in order. With too few to tell, rank() gives none from then on.
  void learn(std::span<const Name> names);

  // The name's number, or -1; and the name of a number, or 0.
  [[nodiscard]] std::int32_t rank(Name name) const;
  [[nodiscard]] Name at(std::int32_t rank) const;

 private:
  static constexpr std::size_t firsts = 54;
  static constexpr std::size_t letters = 64;
  using Letters = std::array<std::uint8_t, letters>;  // by place: a letter's number in alphabet()

  bool known_ = false;
  Letters first_{}, first_place_{};
  Letters more_{}, more_place_{};
};

}  // namespace latchkey::patch
