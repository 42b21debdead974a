// Files of environment variables (.env) as sources of records. There are many dialects, so only what all of them read
// alike is taken, and the rest is refused by line (docs/guides/vault-exchange.md).
#pragma once

#include "vault/exchange/exchanged_record.h"

namespace latchkey::vault {

// A line is empty, a comment ("# ..."), or
//   [export ]NAME=VALUE [# comment]      NAME: a letter or '_', then letters, digits, '_', '.', '-'
// with VALUE one of
//   bare      to the end of the line or a blank followed by '#'; blanks at its ends do not count; none of "'`$\ in it,
//             and no '#' but after a blank
//   '...'     as it stands, over several lines if need be
//   "..."     over several lines if need be; \n \r \t \" \\ \$ are escapes, other backslashes and bare '$' are refused
// No name twice. Lines end with LF or CRLF; inside quotes a CRLF counts as LF. All values are texts. Fails:
// invalid_format (with the line's number, never its contents), input_too_large.
Result<ExchangedRecords> read_env(std::string_view text);

}  // namespace latchkey::vault
