// Everything a device keeps about one signed-in session, and its stored form (docs/formats/session-record-v1.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "base/wiping.h"
#include "crypto/signature.h"
#include "protocol/oauth/token_response.h"

namespace latchkey::session {

struct SessionRecord {
  // Grows by one with every change; tells whether another process was here meanwhile.
  std::int64_t revision = 1;

  std::string issuer, client_id;
  std::string subject;     // empty when the scope had no `openid`
  std::string session_id;  // the issuer's `sid`; empty if it names none
  Instant signed_in_at{};

  protocol::oauth::AccessToken access_token;
  protocol::oauth::TokenType token_type = protocol::oauth::TokenType::bearer;
  Instant issued_at{};   // when the access token was received
  Instant expires_at{};  // of the access token
  std::string scope;

  std::optional<protocol::oauth::RefreshToken> refresh_token;
  std::optional<Instant> refresh_expires_at;        // idle
  std::optional<Instant> authorization_expires_at;  // absolute: the user has to sign in again after it
  std::optional<protocol::oauth::IdToken> id_token;
  std::optional<crypto::PrivateKeyDer> dpop_key;  // PKCS#8; set exactly if the tokens are bound to a key

  SessionRecord clone() const;
};

// Puts the tokens of an answer that arrived `now` into the record. What the answer leaves out stays: a refresh token
// need not be replaced, and an unchanged scope need not be named (RFC 6749 sections 5.1, 6). The ID token is not
// touched.
void take_tokens(SessionRecord& record, protocol::oauth::TokenResponse response, Instant now);

WipedString print_session_record(const SessionRecord& record);
// Fails: invalid_format, future_version, input_too_large.
Result<SessionRecord> parse_session_record(std::string_view text);

}  // namespace latchkey::session
