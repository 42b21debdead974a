// SQLSTATE (SQL standard, PostgreSQL appendix A) in our words.
#pragma once

#include <string_view>

#include "base/result.h"

namespace latchkey::sql {

Code code_of_sqlstate(std::string_view sqlstate);

// The same closure may succeed if it is run again from its start.
bool is_serialization_failure(std::string_view sqlstate);

}  // namespace latchkey::sql
