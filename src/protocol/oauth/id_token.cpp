#include "protocol/oauth/id_token.h"

#include "base/base64url.h"
#include "crypto/constant_time.h"
#include "crypto/digest.h"
#include "protocol/json_writer.h"
#include "protocol/limits.h"

namespace latchkey::protocol::oauth {
namespace {

struct IdTokenClaim {
  std::string_view name;
  std::string IdTokenClaims::* field;
};
constexpr IdTokenClaim id_token_claims[] = {
    {"acr", &IdTokenClaims::acr},
    {"sid", &IdTokenClaims::session_id},
    {"at_hash", &IdTokenClaims::at_hash},
    {"azp", &IdTokenClaims::authorized_party},
};

tl::unexpected<Error> refused(std::string_view check) { return fail(Code::id_token_invalid, check); }

template <class T>
Result<T> as_id_token_error(Result<T> read) {
  if (!read && read.error().code != Code::not_found) return refused(read.error().detail);
  return read;
}

Result<IdTokenClaims> read_claims(const jose::Claims& claims, const IdTokenExpectation& expected) {
  IdTokenClaims read;
  read.issuer = expected.issuer;  // both were checked
  read.audience = expected.client_id;
  TRY(read.user, as_id_token_error(read_user_claims(claims.object())));
  TRY(read.issued_at, claims.get_time("iat"));
  TRY(read.expires_at, claims.get_time("exp"));
  TRY(read.auth_time, claims.find_time("auth_time"));
  TRY(read.amr, claims.find_strings("amr"));
  TRY(const auto nonce, claims.find_string("nonce"));
  read.nonce = nonce.value_or("");
  for (const auto& [name, field] : id_token_claims) {
    TRY(const auto text, claims.find_string(name));
    read.*field = text.value_or("");
  }
  return read;
}

Status check_parties(const jose::Claims& claims, const IdTokenClaims& read, const IdTokenExpectation& expected) {
  TRY(const auto audience, claims.get_audience());
  if (audience.size() > 1 && read.authorized_party.empty()) return refused("azp is missing");
  if (!read.authorized_party.empty() && read.authorized_party != expected.client_id) return refused("azp");
  if (read.user.subject.empty() || read.user.subject.size() > limits::subject_bytes) return refused("sub");
  return {};
}

Status check_binding(const IdTokenClaims& read, const IdTokenExpectation& expected, Instant now) {
  if (!expected.nonce.empty() && !crypto::equal(read.nonce, expected.nonce)) return refused("nonce");
  if (!read.at_hash.empty() && expected.access_token_hash && read.at_hash != *expected.access_token_hash)
    return refused("at_hash");
  if (!expected.max_age) return {};
  if (!read.auth_time) return refused("auth_time is missing");
  if (*read.auth_time + *expected.max_age + expected.skew < now) return refused("signed in too long ago");
  return {};
}

}  // namespace

WipedString print_id_token_claims(const IdTokenClaims& claims) {
  WipedString text;
  text.reserve(768);
  json::WipedWriter writer(text);
  writer.begin_object().member("iss", claims.issuer).member("aud", claims.audience);
  print_user_claims(writer, claims.user);
  writer.member("iat", to_unix_seconds(claims.issued_at)).member("exp", to_unix_seconds(claims.expires_at));
  if (claims.auth_time) writer.member("auth_time", to_unix_seconds(*claims.auth_time));
  if (!claims.nonce.empty()) writer.member("nonce", std::string_view(claims.nonce));
  for (const auto& [name, field] : id_token_claims)
    if (!(claims.*field).empty()) writer.member(name, claims.*field);
  if (!claims.amr.empty()) writer.member("amr", claims.amr);
  writer.end_object();
  return text;
}

std::string at_hash_of(std::string_view access_token) {
  return to_base64url(ByteView(crypto::sha256(as_bytes(access_token))).first(16));
}

Result<IdTokenClaims> verify_id_token(std::string_view token, const jose::Jwks& keys,
                                      const IdTokenExpectation& expected, Instant now) {
  const jose::JwtExpectation basics{jose::JwtUse::id_token, expected.issuer, expected.client_id, expected.skew};
  TRY(const jose::Claims claims, as_id_token_error(jose::verify_jwt(token, keys, basics, now)));
  TRY(IdTokenClaims read, as_id_token_error(read_claims(claims, expected)));
  TRY_DO(as_id_token_error(check_parties(claims, read, expected)));
  TRY_DO(check_binding(read, expected, now));
  return read;
}

}  // namespace latchkey::protocol::oauth
