// A password hash as they are stored, of nobody's password.
#pragma once

namespace latchkey::tests {

inline constexpr const char* some_password_hash =
    "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

}  // namespace latchkey::tests
