// What Unicode is asked about paths, login names and passwords. The one file that knows utf8proc.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/wiping.h"

namespace latchkey::protocol {

// Well-formed UTF-8 in normalisation form C, without control and format characters (zero-width ones among them, which
// some file systems skip when they compare), line separators, unassigned code points and noncharacters. Fails:
// invalid_format, with what is wrong as detail.
Status check_normal_text(std::string_view text);

// `text` as file systems that ignore case see it: casefold(NFC). For comparing only. `text` passed check_normal_text().
std::string fold_case(std::string_view text);

// What people take for the same name: NFKC, casefolded, without control characters. Fails: invalid_format (not UTF-8,
// an unassigned code point, nothing left).
Result<std::string> fold_compatible(std::string_view text);

// A secret in form NFC, whatever keyboard it was typed on; every copy made on the way is wiped. Fails: invalid_format
// (not UTF-8, an unassigned code point, nothing left).
Result<WipedBytes> compose_secret(std::string_view text);

}  // namespace latchkey::protocol
