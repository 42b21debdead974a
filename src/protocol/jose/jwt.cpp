#include "protocol/jose/jwt.h"

#include "protocol/limits.h"

namespace latchkey::protocol::jose {
namespace {

tl::unexpected<Error> refused(std::string_view why) { return fail(Code::invalid_token, why); }

// A reader's failure, as this layer reports it.
template <class T>
Result<T> as_token_error(Result<T> read) {
  if (!read) return refused("claim " + read.error().detail);
  return read;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

Status check_times(const Claims& claims, const JwtExpectation& expected, Instant now) {
  TRY(const Instant expires, claims.get_time("exp"));
  TRY(const Instant issued, claims.get_time("iat"));
  TRY(const auto not_before, claims.find_time("nbf"));
  if (expires + expected.skew <= now) return refused("expired");
  if (issued > now + expected.skew) return refused("iat in the future");
  if (not_before && *not_before > now + expected.skew) return refused("not valid yet");
  return {};
}

}  // namespace

std::string_view typ_of(JwtUse use) {
  switch (use) {
    case JwtUse::access_token:
      return "at+jwt";
    case JwtUse::id_token:
      return "JWT";
    case JwtUse::logout_token:
      return "logout+jwt";
    case JwtUse::status_list:
      return "statuslist+jwt";
    case JwtUse::security_event:
      return "secevent+jwt";
  }
  return "";
}

bool typ_matches(JwtUse use, std::string_view typ) {
  if (typ.empty()) return use == JwtUse::id_token;
  constexpr std::string_view prefix = "application/";
  if (equal_ignoring_case(typ.substr(0, prefix.size()), prefix)) typ.remove_prefix(prefix.size());
  return equal_ignoring_case(typ, typ_of(use));
}

Result<std::optional<std::string_view>> Claims::find_string(std::string_view name) const {
  return as_token_error(json::find_string(object_, name));
}
Result<std::string_view> Claims::get_string(std::string_view name) const {
  return as_token_error(json::get_string(object_, name));
}
Result<std::optional<bool>> Claims::find_bool(std::string_view name) const {
  return as_token_error(json::find_bool(object_, name));
}
Result<std::vector<std::string>> Claims::find_strings(std::string_view name) const {
  return as_token_error(json::find_strings(object_, name));
}

Result<std::optional<Instant>> Claims::find_time(std::string_view name) const {
  TRY(const auto seconds, as_token_error(json::find_integer(object_, name)));
  if (!seconds) return std::optional<Instant>();
  if (*seconds < 0 || *seconds > limits::numeric_date_maximum) return refused("claim " + std::string(name));
  return std::optional(from_unix_seconds(*seconds));
}

Result<Instant> Claims::get_time(std::string_view name) const {
  TRY(const auto time, find_time(name));
  if (!time) return refused("claim " + std::string(name) + " is missing");
  return *time;
}

Result<std::vector<std::string>> Claims::get_audience() const {
  const json::Value* audience = object_.find("aud");
  if (!audience) return refused("claim aud is missing");
  if (const auto one = audience->to_string()) return std::vector{std::string(*one)};
  return find_strings("aud");
}

Status check_claims(const Claims& claims, const JwtExpectation& expected, Instant now) {
  TRY(const auto issuer, claims.get_string("iss"));
  if (issuer != expected.issuer) return refused("another issuer");
  TRY(const auto audience, claims.get_audience());
  if (std::find(audience.begin(), audience.end(), expected.audience) == audience.end())
    return refused("another audience");
  return check_times(claims, expected, now);
}

Result<Claims> verify_jwt(std::string_view token, const Jwks& keys, const JwtExpectation& expected, Instant now) {
  const auto jws = UnverifiedJws::parse(token);
  if (!jws) return refused(jws.error().detail);
  if (!typ_matches(expected.use, jws->header().typ)) return refused("typ");
  const Jwks::Key* key = keys.find(jws->header().kid, jws->header().algorithm);
  if (!key) return fail(Code::not_found, "no key for the token");
  const auto payload = jws->verify(key->key);
  if (!payload) return refused("signature");
  auto object = json::parse_object(*payload, {limits::jwt_bytes, limits::jwt_depth, limits::jwt_members});
  if (!object) return refused("payload");
  Claims claims(*std::move(object));
  TRY_DO(check_claims(claims, expected, now));
  return claims;
}

}  // namespace latchkey::protocol::jose
