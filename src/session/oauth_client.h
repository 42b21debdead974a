// Speaks to one issuer: discovery, token, revocation, userinfo and key-set requests. Says what the server answered, and
// decides nothing.
#pragma once

#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "http/client.h"
#include "protocol/jose/jwks.h"
#include "protocol/oauth/metadata.h"
#include "protocol/oauth/token_reference.h"
#include "protocol/oauth/token_request.h"
#include "protocol/oauth/token_response.h"
#include "protocol/oauth/userinfo.h"
#include "session/dpop_key.h"
#include "session/session_record.h"

namespace latchkey::session {

using MetadataPtr = std::shared_ptr<const protocol::oauth::Metadata>;

// Thread-safe. Every call fails also as Client::send, and with server_error (5xx), busy (429, or the server says so)
// and protocol_violation (an answer that is none).
class OAuthClient final {
 public:
  // `client` and `clock` outlive it. Fails: invalid_format, http_not_allowed (the issuer's URL), invalid_argument.
  static Result<std::unique_ptr<OAuthClient>> create(std::string issuer, std::string client_id, http::Client& client,
                                                     const Clock& clock);

  const std::string& issuer() const { return issuer_; }
  const std::string& client_id() const { return client_id_; }

  // The issuer's metadata, fetched once an hour. Fails: issuer_mismatch.
  Result<MetadataPtr> metadata(std::stop_token stop);

  // `key` binds the tokens; null for bearer tokens. Fails: as the server says (invalid_grant, invalid_client, ...): its
  // word counts in a 4xx answer only, and only as JSON. A bearer token in answer to a proof is a protocol_violation.
  Result<protocol::oauth::TokenResponse> exchange_code(protocol::oauth::AuthorizationCodeGrant grant, DpopKey* key,
                                                       std::stop_token stop);
  Result<protocol::oauth::TokenResponse> refresh(const protocol::oauth::RefreshToken& token, DpopKey* key,
                                                 std::stop_token stop);
  // ok also when the server has no revocation endpoint.
  Status revoke(const protocol::oauth::RefreshToken& token, std::stop_token stop);
  // Fails: unsupported (no such endpoint), invalid_token (also when the answer is about another user).
  Result<protocol::oauth::UserClaims> userinfo(const SessionRecord& record, DpopKey* key, std::stop_token stop);
  Result<protocol::jose::Jwks> fetch_keys(std::stop_token stop);

 private:
  OAuthClient(std::string issuer, std::string client_id, http::Client& client, const Clock& clock);
  Result<http::Response> get_json(const std::string& url, std::stop_token stop);
  Result<protocol::oauth::TokenResponse> request_tokens(protocol::oauth::TokenRequest request, DpopKey* key,
                                                        std::stop_token stop);
  protocol::oauth::ClientAuthentication authentication() const;

  std::string issuer_, client_id_;
  http::Client& client_;
  const Clock& clock_;
  std::mutex mutex_;
  MetadataPtr metadata_;
  Instant fetched_at_{};
};

// What an answer other than 200 means at an endpoint that answers with OAuth errors. Only a 4xx answer with a JSON
// error can be invalid_grant: what a proxy or a failing server says never ends a session.
Error explain_error_response(const http::Response& response);

}  // namespace latchkey::session
