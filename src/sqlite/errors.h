// SQLite's result codes in our words. Inside src/sqlite only.
#pragma once

#include "base/result.h"

namespace latchkey::sqlite {

// `result` is an extended result code other than SQLITE_OK, SQLITE_ROW and SQLITE_DONE.
Code code_of(int result);

// `what` names what was being done; the detail is that and the number, never SQLite's message: it may quote the row.
[[nodiscard]] tl::unexpected<Error> fail_with(int result, std::string_view what);

}  // namespace latchkey::sqlite
