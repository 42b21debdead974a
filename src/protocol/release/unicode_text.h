// The two questions about Unicode that paths ask. The one file of the protocol that knows utf8proc.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace latchkey::protocol::release {

// Well-formed UTF-8 in normalisation form C, without control and format characters (zero-width ones among them, which
// some file systems skip when they compare), line separators, unassigned code points and noncharacters. Fails:
// invalid_format, with what is wrong as detail.
Status check_normal_text(std::string_view text);

// `text` as file systems that ignore case see it: casefold(NFC). For comparing only. `text` passed check_normal_text().
std::string fold_case(std::string_view text);

}  // namespace latchkey::protocol::release
