// Minifiers rename local identifiers in every release: most bytes that differ are those. A text is therefore split in
// two: what stays when every short identifier becomes one byte 0xFF, and the list of those identifiers. Joining the two
// gives the text back whatever was taken for an identifier, so this is a lexer of one rule and not a parser.
#pragma once

#include <cstdint>
#include <vector>

#include "patch/text_buffer.h"

namespace latchkey::patch {

inline constexpr std::uint8_t blank = 0xFF;  // never in UTF-8; a text that holds it is not split
inline constexpr std::size_t name_letters = 3;

// A name's characters, the first in the lowest byte, zero filled.
using Name = std::uint32_t;
inline std::size_t length_of(Name name) { return 4 - (static_cast<std::size_t>(__builtin_clz(name | 1)) / 8); }

bool may_be_blanked(ByteView text);

// Appends to `blanked` and `names`: maximal runs of [A-Za-z0-9_$] of at most `name_letters` bytes that begin with no
// digit, follow no single dot, and are no keyword, are names.
void split_names(ByteView text, TextBuffer& blanked, std::vector<Name>& names);

}  // namespace latchkey::patch
