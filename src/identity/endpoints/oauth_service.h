// What the OAuth endpoints share.
#pragma once

#include <memory>
#include <string>

#include "http/server/cached_body.h"
#include "http/server/task.h"
#include "identity/checks/dpop.h"
#include "identity/checks/refused_tokens.h"
#include "identity/endpoints/oauth_endpoints.h"
#include "identity/signals/status_lists.h"
#include "identity/tokens/token_issuer.h"
#include "identity/tokens/verified_tokens.h"

namespace latchkey::identity {

// Thread-safe.
class OAuthService final {
 public:
  OAuthService(OAuthDependencies dependencies, const OAuthSettings& settings, RefreshTokenKeys refresh_keys);

  // The public URL of one of our paths.
  std::string url_of(std::string_view path) const { return issuer.issuer() + std::string(path); }

  sql::Database& db;
  const Clock& clock;
  ClientStore& clients;
  const RotationPolicy rotation;
  const TokenIssuer issuer;
  DpopCheck dpop;
  RefusedTokens refused_tokens;
  VerifiedTokens verified;
  const http::CachedBody discovery;
  StatusLists status_lists;
  const std::string token_url, userinfo_url, events_url;
};

// One handler per endpoint. `request` and the service outlive the task.
http::Task<http::Response> answer_token(OAuthService& service, const http::Request& request);
http::Task<http::Response> answer_revoke(OAuthService& service, const http::Request& request);
http::Task<http::Response> answer_introspect(OAuthService& service, const http::Request& request);
http::Task<http::Response> answer_userinfo(OAuthService& service, const http::Request& request);
http::Task<http::Response> answer_events(OAuthService& service, const http::Request& request);
http::Task<http::Response> answer_vault_checkpoint(OAuthService& service, const http::Request& request);
http::Task<http::Response> answer_status_list(OAuthService& service, const http::Request& request);
http::Task<http::Response> answer_status_list_aggregation(OAuthService& service, const http::Request& request);

}  // namespace latchkey::identity
