#include "protocol/oauth/logout_token.h"

#include "protocol/json_writer.h"

namespace latchkey::protocol::oauth {
namespace {

constexpr std::string_view logout_event = "http://schemas.openid.net/event/backchannel-logout";

tl::unexpected<Error> refused_token(std::string_view why) { return fail(Code::invalid_token, why); }

Status check_event(const jose::Claims& claims) {
  const auto events = json::find_object(claims.object(), "events");
  if (!events || *events == nullptr) return refused_token("events");
  const auto event = json::find_object(**events, logout_event);
  if (!event || *event == nullptr) return refused_token("events");
  return {};
}

}  // namespace

std::string print_logout_token_claims(const LogoutToken& token) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().member("iss", token.issuer).member("aud", token.audience).member("jti", token.token_id);
  writer.member("iat", to_unix_seconds(token.issued_at)).member("exp", to_unix_seconds(token.expires_at));
  writer.member("sub", token.subject).member("sid", token.session_id);
  writer.key("events").begin_object().key(logout_event).begin_object().end_object().end_object();
  writer.end_object();
  return text;
}

Result<LogoutToken> verify_logout_token(std::string_view token, const jose::Jwks& keys, std::string_view issuer,
                                        std::string_view audience, Instant now) {
  const jose::JwtExpectation expected{jose::JwtUse::logout_token, std::string(issuer), std::string(audience)};
  TRY(const jose::Claims claims, verify_jwt(token, keys, expected, now));
  if (claims.object().find("nonce") != nullptr) return refused_token("nonce");
  TRY_DO(check_event(claims));
  LogoutToken read{std::string(issuer), std::string(audience), {}, {}, {}, {}, {}};
  TRY(read.token_id, claims.get_string("jti"));
  TRY(read.issued_at, claims.get_time("iat"));
  TRY(read.expires_at, claims.get_time("exp"));
  TRY(const auto subject, claims.find_string("sub"));
  TRY(const auto session, claims.find_string("sid"));
  read.subject = subject.value_or("");
  read.session_id = session.value_or("");
  if (read.token_id.empty()) return refused_token("jti");
  if (read.subject.empty() && read.session_id.empty()) return refused_token("neither sub nor sid");
  return read;
}

}  // namespace latchkey::protocol::oauth
