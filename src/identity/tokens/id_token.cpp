#include "identity/tokens/id_token.h"

#include "protocol/jose/jwt.h"
#include "protocol/oauth/id_token.h"

namespace latchkey::identity {
namespace jose = protocol::jose;
namespace oauth = protocol::oauth;
namespace {

tl::unexpected<Error> refused(std::string_view why) { return fail(Code::id_token_invalid, why); }

Result<IdTokenClaims> read_claims(const jose::Claims& claims, std::string_view issuer) {
  TRY(const auto written_issuer, claims.get_string("iss"));
  TRY(const auto audience, claims.get_audience());
  if (written_issuer != issuer || audience.size() != 1) return refused("another issuer or audience");
  IdTokenClaims read;
  TRY(const auto subject, claims.get_string("sub"));
  TRY(const auto session, claims.find_string("sid"));
  TRY(read.issued_at, claims.get_time("iat"));
  TRY(read.expires_at, claims.get_time("exp"));
  read.subject = UserId(std::string(subject));
  read.client = ClientId(audience.front());
  read.session = SessionId(std::string(session.value_or("")));
  return read;
}

}  // namespace

Result<WipedString> sign_id_token(const IdTokenClaims& claims, std::string_view access_token, std::string_view issuer,
                                  const KeySet& keys, Instant now) {
  oauth::IdTokenClaims wire;
  wire.issuer = issuer;
  wire.audience = claims.client.value();
  wire.user.subject = claims.subject.value();
  wire.issued_at = claims.issued_at;
  wire.expires_at = claims.expires_at;
  wire.auth_time = claims.authenticated_at;
  wire.nonce = WipedString(claims.nonce);
  wire.session_id = claims.session.value();
  wire.at_hash = oauth::at_hash_of(access_token);
  TRY(const PublishedKey* key, keys.signing_at(now));
  return key->id_tokens.sign(print_id_token_claims(wire));
}

Result<IdTokenClaims> verify_id_token_hint(std::string_view jwt, std::string_view issuer, const KeySet& keys) {
  const auto own = keys.verify(jwt, jose::JwtUse::id_token);
  if (!own) return refused(own.error().detail);
  auto read = read_claims(*own, issuer);
  if (!read) return refused("malformed claims");
  return read;
}

}  // namespace latchkey::identity
