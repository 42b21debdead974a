// Authorization codes: made by the authorization endpoint, used once at the token endpoint, stored as hashes.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "identity/ids.h"
#include "identity/tokens/family.h"
#include "protocol/oauth/secrets.h"
#include "sql/database.h"

namespace latchkey::identity {

inline constexpr std::chrono::seconds authorization_code_lifetime{60};

// What the user granted. The authorization endpoint has checked client, redirect_uri, scope, resource and the form of
// the challenge.
struct AuthorizationGrant {
  ClientId client;
  UserId user;
  SessionId session;           // the browser session; `sid` of all tokens
  std::string redirect_uri;    // as sent
  std::string code_challenge;  // S256, 43 characters
  std::string key_thumbprint;  // `dpop_jkt` of the request; empty: none
  std::string scope;
  std::string resource;  // empty: the issuer
  std::string nonce;     // empty: none
  Instant authenticated_at;
};

// Makes and stores a code of 256 random bits. The caller puts it into the redirect and forgets it.
Result<protocol::oauth::AuthorizationCode> issue_authorization_code(sql::Transaction& tx,
                                                                    const AuthorizationGrant& grant, Instant now);

// Housekeeping: drops codes that expired unused, and used ones whose family would not be revoked by a second use any
// more (an hour after they expired).
Status drop_old_authorization_codes(sql::Transaction& tx, Instant now);

}  // namespace latchkey::identity
