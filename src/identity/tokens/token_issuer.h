// Turns a granted family, or a client on its own, into the answer of the token endpoint. Runs after the commit: a crash
// in between is a lost answer, which refresh_rules know how to repeat.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "identity/tokens/family.h"
#include "identity/tokens/refresh_rules.h"
#include "identity/tokens/refresh_token.h"
#include "identity/tokens/signing_keys.h"
#include "protocol/oauth/token_response.h"

namespace latchkey::identity {

struct TokenIssuerSettings {
  std::string issuer;
  std::chrono::seconds access_token_lifetime{300};
};

struct FamilyTokens {
  const Family& family;
  PresentedRefreshToken refresh_token;  // to be derived
  std::string_view scope;               // of the access token
  std::string_view proven_thumbprint;   // empty: a bearer access token
  std::string_view nonce;               // of the authorization request, for the ID token
  bool has_refresh_token = true;        // the client may use it
};

struct ClientTokens {
  const ClientId& client;
  std::string_view scope;
  std::string_view resource;  // empty: the issuer
  std::string_view proven_thumbprint;
};

// Thread-safe.
class TokenIssuer final {
 public:
  TokenIssuer(TokenIssuerSettings settings, RefreshTokenKeys refresh_keys, const SigningKeys& signing_keys)
      : settings_(std::move(settings)), refresh_keys_(std::move(refresh_keys)), signing_keys_(signing_keys) {}

  // With an ID token when the scope has `openid`. Fails: crypto_failed, temporarily_unavailable.
  Result<protocol::oauth::TokenResponse> issue(const FamilyTokens& tokens, Instant now) const;
  Result<protocol::oauth::TokenResponse> issue(const ClientTokens& tokens, Instant now) const;

  const std::string& issuer() const { return settings_.issuer; }
  const RefreshTokenKeys& refresh_keys() const { return refresh_keys_; }
  const SigningKeys& signing_keys() const { return signing_keys_; }

 private:
  TokenIssuerSettings settings_;
  RefreshTokenKeys refresh_keys_;
  const SigningKeys& signing_keys_;
};

}  // namespace latchkey::identity
