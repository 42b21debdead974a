// The text of a recovery code: 125 random bits and a check, for people to write down and type in again.
//   7KQ2-V9XH-0M4T-ZB8C-1RNE-5WJG-A3SY
// Seven groups of four of Crockford's base-32 digits (0-9, A-Z without I, L, O, U). The last three digits are a check
// over the rest, so that a slip of the pen is told from the code of another vault (all but one in 32,768).
#pragma once

#include "vault/key_store.h"

namespace latchkey::vault {

using RecoverySecret = Secret<struct RecoverySecretTag>;  // 16 bytes, the last 3 bits 0

inline constexpr std::size_t recovery_code_digits = 28;

RecoverySecret make_recovery_secret();
RecoveryCode print_recovery_code(const RecoverySecret& secret);
// Takes small letters, spaces and dashes anywhere, O for 0, I and L for 1. Fails: invalid_format (mistyped or
// incomplete; not a wrong code).
Result<RecoverySecret> parse_recovery_code(ByteView typed);

}  // namespace latchkey::vault
