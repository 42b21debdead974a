// Runs latchkey-pam-check once.
#pragma once

#include "vault/user_presences/pam_presence.h"
#include "vault/user_presences/pam_verdict.h"
#include "vault/waiting.h"

namespace latchkey::vault {

// Fails: not_found (no such program).
Result<std::filesystem::path> find_pam_program(const PamOptions& options);

// What its absence is: unsupported, and where it belongs.
Error no_pam_program();

// The process and its group are gone when this returns; what a PAM module put into a session of its own (pam_exec does)
// is the module's to end. Fails: cancelled, presence_timeout,
// unsupported (no such program), temporarily_unavailable (it could not be started, or gave no verdict).
Result<PamVerdict> ask_pam(const PamOptions& options, const Passcode& password, const Waiting& waiting);

}  // namespace latchkey::vault
