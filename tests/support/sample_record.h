// A session record with every field set.
#pragma once

#include "session/session_record.h"

namespace latchkey::testing {

inline session::SessionRecord sample_record(Instant now) {
  session::SessionRecord record;
  record.issuer = "https://id.example.com";
  record.client_id = "app";
  record.subject = "alice";
  record.session_id = "sid-1";
  record.signed_in_at = now;
  record.access_token = protocol::oauth::AccessToken::copy_of(std::string_view("at-1"));
  record.token_type = protocol::oauth::TokenType::dpop;
  record.issued_at = now;
  record.expires_at = now + std::chrono::seconds(300);
  record.scope = "openid";
  record.refresh_token = protocol::oauth::RefreshToken::copy_of(std::string_view("rt-1"));
  record.refresh_expires_at = now + std::chrono::days(30);
  record.authorization_expires_at = now + std::chrono::days(180);
  record.id_token = protocol::oauth::IdToken::copy_of(std::string_view("h.p.s"));
  const auto key = crypto::SigningKey::generate(crypto::SignatureAlgorithm::es256).value();
  record.dpop_key = key.to_pkcs8().value();
  return record;
}

}  // namespace latchkey::testing
