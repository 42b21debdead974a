// The commonest passwords that are long enough to pass the length rule. Shorter ones never get this far.
#pragma once

#include <string_view>

namespace latchkey::identity {

// `lower_case` has A-Z lowered. Also true for a common word written twice or more, and for one with digits or
// punctuation around it that adds up to nothing unguessable ("password1234567!").
bool is_common_password(std::string_view lower_case);

}  // namespace latchkey::identity
