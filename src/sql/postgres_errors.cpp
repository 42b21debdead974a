#include "sql/postgres_errors.h"

#include <utility>

namespace latchkey::sql {
namespace {

// The first prefix that fits wins.
constexpr std::pair<std::string_view, Code> codes[] = {
    {"23", Code::conflict},              // integrity constraint
    {"40", Code::busy},                  // rolled back: serialisation, deadlock
    {"53100", Code::storage_full},       // disk full
    {"53", Code::busy},                  // too many connections, out of memory
    {"54", Code::input_too_large},       // program limits
    {"55P03", Code::busy},               // lock not available in time
    {"57014", Code::busy},               // statement timeout
    {"XX001", Code::storage_corrupted},  // data corrupted
    {"XX002", Code::storage_corrupted},  // index corrupted
    {"08P01", Code::internal},           // wrong number of parameters
    {"22", Code::internal},              // data exceptions: our statement is wrong
    {"25006", Code::internal},           // a read closure writes
    {"25", Code::internal},
    {"26", Code::internal},
    {"34", Code::internal},
    {"42", Code::internal},  // wrong SQL
};

}  // namespace

Code code_of_sqlstate(std::string_view sqlstate) {
  for (const auto& [prefix, code] : codes) {
    if (sqlstate.starts_with(prefix)) return code;
  }
  return Code::storage_failed;
}

bool is_serialization_failure(std::string_view sqlstate) { return sqlstate == "40001" || sqlstate == "40P01"; }

}  // namespace latchkey::sql
