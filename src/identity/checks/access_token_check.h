// May this access token be used here and now? For our own resources, and for introspection.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "http/message.h"
#include "http/server/task.h"
#include "identity/tokens/access_token.h"
#include "protocol/oauth/token_response.h"

namespace latchkey::identity {

class OAuthService;

// Neither it nor its family is revoked, its user is active, and its client still registered. Notes for refresh_rules
// that the newest token of a bearer family came back. Fails: busy, storage_*.
http::Task<Result<bool>> is_access_token_alive(OAuthService& service, const AccessTokenClaims& claims, Instant now);

// How the request presents its token; bearer when it has none.
protocol::oauth::TokenType presented_type(const http::Request& request);

// Every check of RFC 6750 and RFC 9449 section 7 for the resource at `url`. Fails: not_signed_in (no token),
// invalid_request, invalid_token, insufficient_scope, invalid_dpop_proof, use_dpop_nonce; busy, storage_*.
http::Task<Result<std::shared_ptr<const AccessTokenClaims>>> check_access_token(OAuthService& service,
                                                                                const http::Request& request,
                                                                                std::string_view url,
                                                                                std::string_view scope, Instant now);

}  // namespace latchkey::identity
