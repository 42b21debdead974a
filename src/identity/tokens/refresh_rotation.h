// Applies refresh_rules to the row of a family, inside one transaction: read, check, decide, one conditional UPDATE;
// when somebody else changed the row meanwhile, read again. Concurrent uses of one token all get the same successor.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "identity/tokens/family.h"
#include "identity/tokens/refresh_rules.h"
#include "identity/tokens/refresh_token.h"
#include "protocol/oauth/scope.h"
#include "sql/database.h"

namespace latchkey::identity {

struct RefreshRequest {
  ParsedRefreshToken token;
  ClientId client;                              // authenticated
  std::string proven_thumbprint;                // of the DPoP proof in the request; empty: none
  std::optional<protocol::oauth::Scope> scope;  // must lie within what was granted; nothing: all of it
  std::optional<std::string> resource;          // must be what was granted; nothing: that
};

struct RefreshGranted {
  Family family;                // as it is after this refresh
  PresentedRefreshToken token;  // to be derived and answered after the commit
  std::string scope;            // of the access token
};

// The inner result is the answer to the client: a refusal may come with a change of the row (reuse ends the family)
// that must be committed before it is sent, so it is a value of the transaction. Inner failures: not_found (never
// issued by us), invalid_grant, refresh_reused, invalid_scope, invalid_target, invalid_dpop_proof. Outer failures
// change nothing: busy, storage_*.
Result<Result<RefreshGranted>> refresh_family(sql::Transaction& tx, const RefreshRequest& request,
                                              const RefreshTokenKeys& keys, const RotationPolicy& policy, Instant now);

// True when the token can be answered without any change: most refreshes of bound families. For a read before the
// write; nothing: the write has to decide.
Result<std::optional<RefreshGranted>> find_unchanged_refresh(sql::Transaction& tx, const RefreshRequest& request,
                                                             const RefreshTokenKeys& keys, const RotationPolicy& policy,
                                                             Instant now);

}  // namespace latchkey::identity
