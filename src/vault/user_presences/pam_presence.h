// The device's own credential: the password that the user signs in to this machine with, checked by PAM. PAM loads
// whatever modules the administrator has chosen, so it runs in a process of its own (apps/latchkey_pam_check), which
// gets the password through a socket and answers with one letter. Strength: weak, it is an answer and releases no key.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "vault/user_presence.h"

namespace latchkey::vault {

struct PamOptions {
  // Empty: `latchkey-pam-check` beside the running program, or where it is installed with the library.
  std::filesystem::path program = {};
  // Letters, digits and '-'. Without a file of that name PAM takes the service "other".
  std::string service = "latchkey";
  // Empty: the system's. A folder of service files, for tests.
  std::filesystem::path configuration = {};
};

// A check asks prompt.ask_passcode once, then has prompt.timeout for PAM. The user is the one this process runs as.
// After three wrong answers the next ones have to wait (lock_policy.h). PAM tells nobody whether a password is set or
// when it was changed: is_enrolled means that the account exists, and the enrolment never differs. `clock` outlives it.
std::unique_ptr<UserPresence> make_pam_presence(const Clock& clock, PamOptions options = {});

}  // namespace latchkey::vault
