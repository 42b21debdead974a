// What latchkey-pam-check writes to standard output: one of these letters.
#pragma once

namespace latchkey::vault {

enum class PamVerdict : char {
  accepted = 'Y',
  wrong = 'N',
  locked_out = 'L',    // a module of the administrator's has had enough
  not_enrolled = 'E',  // PAM does not know the user
  denied = 'D',        // the account has expired or may not be used
  unavailable = 'U',   // PAM, or what it asks, does not work
};

}  // namespace latchkey::vault
