// Checks ID tokens against the issuer's keys (OpenID Connect Core 3.1.3.7), fetching the keys anew when one is unknown,
// but at most once a minute: a token with an invented key id must not make us hammer the issuer.
#pragma once

#include <memory>
#include <mutex>
#include <stop_token>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "protocol/oauth/id_token.h"
#include "session/oauth_client.h"

namespace latchkey::session {

// Thread-safe. `client` and `clock` outlive it.
class IdTokenCheck final {
 public:
  IdTokenCheck(OAuthClient& client, const Clock& clock) : client_(client), clock_(clock) {}

  // Fails: id_token_invalid with the failed check as detail; as OAuthClient::fetch_keys.
  Result<protocol::oauth::IdTokenClaims> check(std::string_view token,
                                               const protocol::oauth::IdTokenExpectation& expected,
                                               std::stop_token stop);

 private:
  using KeysPtr = std::shared_ptr<const protocol::jose::Jwks>;
  Result<KeysPtr> keys(std::stop_token stop);
  // Other keys than `unfit`, or `unfit` again when it is too early to ask.
  Result<KeysPtr> newer_keys(const KeysPtr& unfit, std::stop_token stop);
  Status fetch(std::stop_token stop);

  OAuthClient& client_;
  const Clock& clock_;
  std::mutex mutex_;
  KeysPtr keys_;
  Instant fetched_at_{};
};

}  // namespace latchkey::session
