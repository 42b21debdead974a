// The refresh of a session (RFC 6749 section 6): one hop to the database, then new tokens. What may happen to the
// family is decided in tokens/refresh_rules.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "http/server/task.h"
#include "identity/endpoints/oauth_service.h"
#include "identity/tokens/refresh_rotation.h"

namespace latchkey::identity {

// Fails: not_found (a token we never issued), invalid_grant, refresh_reused, invalid_scope, invalid_target,
// invalid_dpop_proof; busy, storage_*, crypto_failed, of which none means that the session is over.
http::Task<Result<protocol::oauth::TokenResponse>> refresh_grant(OAuthService& service, const RefreshRequest& request,
                                                                 Instant now);

}  // namespace latchkey::identity
