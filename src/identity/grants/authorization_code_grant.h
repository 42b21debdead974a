// Exchanges an authorization code for a new token family (RFC 6749 section 4.1.3, RFC 7636 section 4.6, RFC 9449
// section 10).
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "identity/ids.h"
#include "identity/tokens/family.h"
#include "identity/tokens/refresh_rules.h"
#include "protocol/oauth/token_request.h"
#include "sql/database.h"

namespace latchkey::identity {

struct CodeRequest {
  const protocol::oauth::AuthorizationCodeGrant& grant;
  std::optional<std::string> resource;
  ClientId client;                // authenticated
  std::string proven_thumbprint;  // of the DPoP proof in the request; empty: none
  // Public clients' families are bound to that key; a confidential client's tokens are bound to its secret already, and
  // it may change keys (RFC 9449 section 5).
  bool binds_family_to_key = false;
};

struct CodeGranted {
  Family family;
  std::string nonce;
};

// As with refresh_family the inner result is the answer to the client: a second use of a code ends the family of the
// first, and that is committed before it is answered. Inner failures: invalid_grant, invalid_target,
// invalid_dpop_proof; not_found (a code that is not there, which is invalid_grant to the client).
Result<Result<CodeGranted>> redeem_authorization_code(sql::Transaction& tx, const CodeRequest& request,
                                                      const RotationPolicy& policy, Instant now);

}  // namespace latchkey::identity
