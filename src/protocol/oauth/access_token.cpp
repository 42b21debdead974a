#include "protocol/oauth/access_token.h"

#include "protocol/json_writer.h"

namespace latchkey::protocol::oauth {
namespace {

std::optional<std::int64_t> seconds_of(const std::optional<Instant>& at) {
  return at ? std::optional<std::int64_t>(to_unix_seconds(*at)) : std::nullopt;
}

Status read_text(const jose::Claims& claims, std::string_view name, std::string& to) {
  TRY(const auto text, claims.find_string(name));
  to = text.value_or("");
  return {};
}

Status read_required_text(const jose::Claims& claims, std::string_view name, std::string& to) {
  TRY_DO(read_text(claims, name, to));
  if (to.empty()) return fail(Code::invalid_token, "claim " + std::string(name) + " is missing");
  return {};
}

Result<std::string> read_thumbprint(const jose::Claims& claims) {
  const auto confirmation = json::find_object(claims.object(), "cnf");
  if (!confirmation) return fail(Code::invalid_token, "claim cnf");
  if (!*confirmation) return std::string();
  const auto thumbprint = json::get_string(**confirmation, "jkt");
  // A confirmation we do not understand must not turn into a bearer token.
  if (!thumbprint) return fail(Code::invalid_token, "claim cnf.jkt");
  return std::string(*thumbprint);
}

void print_status(json::WipedWriter& writer, const StatusReference& status) {
  writer.key("status").begin_object().key("status_list").begin_object();
  writer.member("idx", status.index).member("uri", status.uri).end_object().end_object();
}

// Other mechanisms in `status` are none of ours; one that is ours must be whole.
Result<std::optional<StatusReference>> read_status(const jose::Claims& claims) {
  const auto refused = [] { return fail(Code::invalid_token, "claim status"); };
  const auto status = json::find_object(claims.object(), "status");
  if (!status) return refused();
  if (*status == nullptr) return std::nullopt;
  const auto list = json::find_object(**status, "status_list");
  if (!list) return refused();
  if (*list == nullptr) return std::nullopt;
  const auto index = json::find_integer(**list, "idx");
  const auto uri = json::get_string(**list, "uri");
  if (!index || !*index || **index < 0 || !uri) return refused();
  return StatusReference{**index, std::string(*uri)};
}

}  // namespace

WipedString print_access_token_claims(const AccessTokenClaims& claims) {
  WipedString text;
  text.reserve(768);
  json::WipedWriter writer(text);
  writer.begin_object().member("iss", claims.issuer).member("sub", claims.subject).member("aud", claims.audience);
  writer.member("client_id", claims.client_id).member("jti", claims.token_id);
  writer.member("iat", to_unix_seconds(claims.issued_at)).member("exp", to_unix_seconds(claims.expires_at));
  if (!claims.scope.empty()) writer.member("scope", claims.scope);
  if (!claims.session_id.empty()) writer.member("sid", claims.session_id);
  if (claims.auth_time) writer.member("auth_time", seconds_of(claims.auth_time));
  if (!claims.acr.empty()) writer.member("acr", claims.acr);
  writer.member("gen", claims.generation);
  if (!claims.key_thumbprint.empty())
    writer.key("cnf").begin_object().member("jkt", claims.key_thumbprint).end_object();
  if (claims.status) print_status(writer, *claims.status);
  writer.end_object();
  return text;
}

Result<AccessTokenClaims> read_access_token_claims(const jose::Claims& claims) {
  AccessTokenClaims read;
  TRY_DO(read_required_text(claims, "iss", read.issuer));
  TRY_DO(read_required_text(claims, "sub", read.subject));
  TRY_DO(read_required_text(claims, "client_id", read.client_id));
  TRY_DO(read_required_text(claims, "jti", read.token_id));
  TRY(const auto audience, claims.get_audience());
  if (audience.size() != 1) return fail(Code::invalid_token, "claim aud");
  read.audience = audience[0];
  TRY(read.issued_at, claims.get_time("iat"));
  TRY(read.expires_at, claims.get_time("exp"));
  TRY(read.auth_time, claims.find_time("auth_time"));
  TRY_DO(read_text(claims, "scope", read.scope));
  TRY_DO(read_text(claims, "sid", read.session_id));
  TRY_DO(read_text(claims, "acr", read.acr));
  TRY(read.key_thumbprint, read_thumbprint(claims));
  const auto generation = json::find_integer(claims.object(), "gen");
  if (!generation) return fail(Code::invalid_token, "claim gen");
  read.generation = *generation;
  TRY(read.status, read_status(claims));
  return read;
}

}  // namespace latchkey::protocol::oauth
