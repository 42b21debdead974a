// Minifiers rename local identifiers in every release: most bytes that differ are those. A text is therefore split in
// two: what stays when every short identifier becomes one byte 0xFF, and the list of those identifiers. Joining the two
// gives the text back whatever was taken for an identifier, so this is a lexer of one rule and not a parser.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "patch/text_buffer.h"

namespace latchkey::patch {

inline constexpr std::uint8_t blank = 0xFF;  // never in UTF-8; a text that holds it is not split
inline constexpr std::size_t name_letters = 3;

// What names are made of, numbered; digits last, for no name begins with one.
inline constexpr std::string_view name_alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ$_0123456789";
inline constexpr std::uint8_t no_letter = 255;
inline constexpr auto letter_numbers = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(no_letter);
  for (std::size_t i = 0; i < name_alphabet.size(); ++i)
    table[static_cast<unsigned char>(name_alphabet[i])] = static_cast<std::uint8_t>(i);
  return table;
}();

// A name's characters, the first in the lowest byte, zero filled.
using Name = std::uint32_t;
inline std::size_t length_of(Name name) { return 4 - (static_cast<std::size_t>(__builtin_clz(name | 1)) / 8); }

bool may_be_blanked(ByteView text);

// Appends to `blanked` and `names`: maximal runs of [A-Za-z0-9_$] of at most `name_letters` bytes that begin with no
// digit, follow no single dot, and are no keyword, are names. It breaks off once there are more than `most` names, with
// at most `names_too_many` of them.
void split_names(ByteView text, TextBuffer& blanked, std::vector<Name>& names, std::size_t most = ~std::size_t{0});
inline constexpr std::size_t names_too_many = 64;

}  // namespace latchkey::patch
