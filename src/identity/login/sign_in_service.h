// What the sign-in endpoints share: collaborators, settings and the names of the cookies.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "crypto/password_hasher.h"
#include "http/server/router.h"
#include "identity/clients/client_store.h"
#include "identity/login/await_hasher.h"
#include "identity/login/browser_sessions.h"
#include "identity/login/known_turns.h"
#include "identity/login/sign_in_keys.h"
#include "identity/login/throttle.h"
#include "identity/login/tried_passwords.h"
#include "identity/tokens/signing_keys.h"
#include "sql/database.h"

namespace latchkey::identity {

struct SignInSettings {
  std::string issuer;  // https://id.example.com: an origin, no slash at the end
  SessionPolicy session;
  ThrottlePolicy throttle;
};

// All outlive the service.
struct SignInDependencies {
  sql::Database& db;
  const Clock& clock;
  ClientStore& clients;
  SigningKeys& keys;
  crypto::PasswordHasher& hasher;
  const SignInKeys& secrets;
};

// "__Host-" names cannot be set by other hosts or paths, but browsers take them over https only; plain http exists on
// loopback alone.
struct CookieNames {
  std::string_view session;  // the signed-in session
  std::string_view device;   // "this browser has signed in to that account before"
  std::string_view flow;     // ties forms to a browser that is not signed in
  bool is_secure;

  static CookieNames for_issuer(std::string_view issuer);
};

struct SignInService {
  SignInDependencies deps;
  SignInSettings settings;
  CookieNames cookies = CookieNames::for_issuer(settings.issuer);
  TriedPasswords tried_passwords{};
  KnownTurns known_turns{};

  Instant now() const { return deps.clock.now(); }
  PasswordHashing hashing() const { return {deps.hasher, deps.secrets.peppers()}; }
};

}  // namespace latchkey::identity
