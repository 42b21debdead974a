// How a command signs its user in through the browser.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "apps/latchkey/console.h"
#include "session/session.h"

namespace latchkey::app {

struct SignInFlags {
  std::string issuer;
  std::string client_id = "latchkey-cli";
  std::string scope = "openid profile offline_access";
  std::string login_hint;
  std::string resource;
  bool no_browser = false;
  bool bearer = false;
  bool consent = false;
  unsigned timeout_seconds = 300;
};

// --client-id, --timeout, --login-hint, --no-browser; the issuer is each command's own.
void add_sign_in_flags(CLI::App& command, SignInFlags& flags);

// Before anybody is asked for a passcode, let alone a vault made. Fails: invalid_argument.
Status check_issuer(const std::string& issuer);
// Fails: invalid_argument.
Result<session::SignInOptions> sign_in_options(const SignInFlags& flags);
// Fails: as Session::sign_in; cancelled, by Ctrl-C too.
Status sign_in(session::Session& session, const SignInFlags& flags, const session::SignInOptions& options,
               Console& console);

}  // namespace latchkey::app
