#include "sqlite/errors.h"

#include <fmt/format.h>
#include <sqlite3.h>

namespace latchkey::sqlite {

Code code_of(int result) {
  if (result == SQLITE_IOERR_DATA) return Code::storage_corrupted;  // a page and its digest differ
  switch (result & 0xff) {
    case SQLITE_CONSTRAINT:
      return Code::conflict;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:  // too many others at the locks of the log
      return Code::busy;
    case SQLITE_FULL:
      return Code::storage_full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Code::storage_corrupted;
    case SQLITE_TOOBIG:
      return Code::input_too_large;
    case SQLITE_ERROR:  // wrong SQL
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
      return Code::internal;
    default:
      return Code::storage_failed;
  }
}

tl::unexpected<Error> fail_with(int result, std::string_view what) {
  return fail(code_of(result), fmt::format("{}: SQLite result {}", what, result));
}

}  // namespace latchkey::sqlite
