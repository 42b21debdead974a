// The claims of our access tokens (RFC 9068, RFC 9449 section 6, RFC 9470, draft-ietf-oauth-status-list section 6).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "base/wiping.h"
#include "protocol/jose/jwt.h"
#include "protocol/oauth/scope.h"
#include "protocol/status_list.h"

namespace latchkey::protocol::oauth {

struct AccessTokenClaims {
  std::string issuer, subject, audience, client_id, token_id;
  Instant issued_at, expires_at;
  std::string scope;
  std::string session_id;      // `sid`; empty for a client of its own
  std::string key_thumbprint;  // cnf.jkt; empty for a bearer token
  std::optional<Instant> auth_time;
  std::string acr;                         // empty for none
  std::optional<std::int64_t> generation;  // `gen`: of the refresh-token family
  std::optional<StatusReference> status;   // where its revocation is published
};

// The payload, for a JwsSigner with typ "at+jwt". A hot path: one allocation.
WipedString print_access_token_claims(const AccessTokenClaims& claims);
// Of a verified token. Fails: invalid_token.
Result<AccessTokenClaims> read_access_token_claims(const jose::Claims& claims);

}  // namespace latchkey::protocol::oauth
