// GET or POST /authorize (RFC 6749 section 4.1.1, RFC 7636, RFC 8707, RFC 9449 section 10, OpenID Connect
// Core 3.1.2.1).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/wiping.h"
#include "protocol/form.h"
#include "protocol/oauth/scope.h"

namespace latchkey::protocol::oauth {

// Where an answer may go: read first, because before it is checked against the client's registration nothing may be
// redirected anywhere.
struct AuthorizationTarget {
  std::string client_id;
  std::optional<std::string> redirect_uri;
  std::optional<WipedString> state;
};
// Fails: invalid_request, invalid_client; then show a page, and redirect nowhere.
Result<AuthorizationTarget> parse_authorization_target(const form::Form& query);

enum class Prompt { none, login, consent, select_account };

struct AuthorizationRequest {
  std::string client_id;
  std::optional<std::string> redirect_uri;
  std::optional<WipedString> state;
  Scope scope;
  std::string code_challenge;  // S256
  std::optional<WipedString> nonce;
  std::vector<Prompt> prompts;
  std::optional<std::chrono::seconds> max_age;
  std::optional<std::string> login_hint;
  std::optional<std::string> acr_values;
  std::optional<std::string> ui_locales;
  std::optional<std::string> resource;
  std::optional<std::string> dpop_jkt;

  bool has_prompt(Prompt prompt) const;
};

// response_type must be `code` and response_mode `query`; a challenge is required; request and request_uri are refused.
// Fails: invalid_request, unsupported (wire word unsupported_response_type), invalid_scope, invalid_target; to be sent
// to the target once that is checked.
Result<AuthorizationRequest> parse_authorization_request(const form::Form& query);
// The query, for the browser's URL. State and nonce in it are wiped with it; the browser has them from then on.
WipedString print_authorization_request(const AuthorizationRequest& request);

}  // namespace latchkey::protocol::oauth
