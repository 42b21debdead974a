// What counts as a password: which bytes may be typed at all, in which form they are hashed, and which new ones are
// accepted (NIST SP 800-63B-4 section 3.1.1: length and a list of the commonest, no rules about kinds of characters).
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace latchkey::identity {

// A password in the form that is hashed: UTF-8 in Unicode normalisation form C.
using Password = Secret<struct NormalisedPasswordTag>;

// The same characters typed on any keyboard give the same bytes. 1 to `password_bytes` of protocol/limits.h; refuses
// invalid UTF-8, NUL and unassigned code points. Fails: invalid_argument, with a sentence in `detail` that can be shown
// to the user.
Result<Password> normalise_password(std::string_view typed);

// Whether `password` may become the password of `login_name`. Characters are code points. Fails: invalid_argument, with
// a sentence in `detail` that can be shown to the user.
Status check_new_password(const Password& password, std::string_view login_name);

}  // namespace latchkey::identity
