// The claims of an ID token (OpenID Connect Core 2, 3.1.3.6, 3.1.3.7).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/wiping.h"
#include "protocol/jose/jwt.h"
#include "protocol/oauth/secrets.h"
#include "protocol/oauth/userinfo.h"

namespace latchkey::protocol::oauth {

struct IdTokenClaims {
  std::string issuer, audience;
  UserClaims user;  // `sub` and what the scope allows
  Instant issued_at, expires_at;
  std::optional<Instant> auth_time;
  WipedString nonce;
  std::string acr, session_id, at_hash, authorized_party;  // left out where empty
  std::vector<std::string> amr;
};

// The payload, for a JwsSigner with typ "JWT".
WipedString print_id_token_claims(const IdTokenClaims& claims);
// The left half of SHA-256 of the access token, in base64url.
std::string at_hash_of(std::string_view access_token);

struct IdTokenExpectation {
  std::string issuer, client_id;
  WipedString nonce;  // the one sent; empty when none was (a refresh)
  std::optional<std::string>
      access_token_hash;  // at_hash_of the token that came along: must equal if the ID token has one
  std::optional<std::chrono::seconds> max_age;  // as asked for: then auth_time is required and recent
  std::chrono::seconds skew = limits::clock_skew;
};
// Every check of Core 3.1.3.7. Several audiences need azp to be us; an azp must be us. Fails: id_token_invalid with the
// check as detail; not_found when no key fits (fetch the JWKS anew and try once more).
Result<IdTokenClaims> verify_id_token(std::string_view token, const jose::Jwks& keys,
                                      const IdTokenExpectation& expected, Instant now);

}  // namespace latchkey::protocol::oauth
