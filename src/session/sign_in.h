// A sign-in with the authorization code flow: system browser, loopback redirect (RFC 8252), PKCE S256 (RFC 7636),
// state, nonce, `iss` (RFC 9207), tokens bound to a fresh key (RFC 9449) where the issuer offers that.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "protocol/oauth/authorization_request.h"
#include "session/browser.h"
#include "session/id_token_check.h"
#include "session/oauth_client.h"
#include "session/session_record.h"

namespace latchkey::session {

// Tokens bound to a key are useless to a thief, and to any program that cannot sign proofs.
enum class TokenBinding { where_offered, never };

struct SignInOptions {
  protocol::oauth::Scope scope;
  std::optional<std::string> resource;
  std::optional<std::string> login_hint;
  std::optional<std::string> acr_values;
  std::optional<std::chrono::seconds> max_age;
  std::vector<protocol::oauth::Prompt> prompts;
  TokenBinding binding = TokenBinding::where_offered;
  std::chrono::milliseconds timeout = std::chrono::minutes(5);  // for the user in the browser
};

// Blocks until the user is done. Stores nothing. Everything outlives the call. Fails: access_denied and what else the
// server answers, state_mismatch, issuer_mismatch, id_token_invalid, sign_in_timeout, cancelled, unsupported (no
// browser, or an issuer without PKCE S256), and as OAuthClient.
Result<SessionRecord> sign_in(OAuthClient& client, IdTokenCheck& id_tokens, Browser& browser, const Clock& clock,
                              const SignInOptions& options, std::stop_token stop);

}  // namespace latchkey::session
