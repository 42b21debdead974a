// GET or POST /end-session (OpenID Connect RP-Initiated Logout 1.0).
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/wiping.h"
#include "protocol/form.h"
#include "protocol/oauth/secrets.h"

namespace latchkey::protocol::oauth {

struct EndSessionRequest {
  std::optional<IdToken> id_token_hint;
  std::optional<std::string> client_id;
  std::optional<std::string> post_logout_redirect_uri;  // honoured only if registered for the client
  std::optional<std::string> state;
};
// Fails: invalid_request.
Result<EndSessionRequest> parse_end_session_request(const form::Form& query);
WipedString print_end_session_request(const EndSessionRequest& request);

}  // namespace latchkey::protocol::oauth
