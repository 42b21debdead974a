// A new vault whose checkpoint's server its user signs in at on the way.
#pragma once

#include "apps/latchkey/sign_in.h"
#include "apps/latchkey/vault_access.h"

namespace latchkey::app {

// Signs in, makes the vault with a checkpoint (options.checkpoint) at that server, and moves the session into it. What
// fails before the last of these leaves no vault; a vault without its session is opened by `latchkey login`. Fails: as
// Session::sign_in and Vault::create; already_exists before anybody is asked.
Result<OpenVault> create_signed_in(VaultAccess& access, const SignInFlags& flags, const vault::CreateOptions& options);

}  // namespace latchkey::app
