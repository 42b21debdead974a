#include "protocol/oauth/metadata.h"

#include "protocol/json.h"
#include "protocol/json_writer.h"
#include "protocol/oauth/wire.h"
#include "protocol/routes.h"
#include "protocol/uri.h"

namespace latchkey::protocol::oauth {
namespace {

struct Endpoint {
  std::string_view name;
  std::string Metadata::* field;
};
constexpr Endpoint endpoints[] = {
    {"authorization_endpoint", &Metadata::authorization_endpoint},
    {"token_endpoint", &Metadata::token_endpoint},
    {"jwks_uri", &Metadata::jwks_uri},
    {"userinfo_endpoint", &Metadata::userinfo_endpoint},
    {"revocation_endpoint", &Metadata::revocation_endpoint},
    {"introspection_endpoint", &Metadata::introspection_endpoint},
    {"end_session_endpoint", &Metadata::end_session_endpoint},
    {"status_list_aggregation_endpoint", &Metadata::status_list_aggregation_endpoint},
};

struct List {
  std::string_view name;
  std::vector<std::string> Metadata::* field;
};
constexpr List lists[] = {
    {"scopes_supported", &Metadata::scopes_supported},
    {"response_types_supported", &Metadata::response_types_supported},
    {"response_modes_supported", &Metadata::response_modes_supported},
    {"grant_types_supported", &Metadata::grant_types_supported},
    {"subject_types_supported", &Metadata::subject_types_supported},
    {"id_token_signing_alg_values_supported", &Metadata::id_token_signing_alg_values_supported},
    {"token_endpoint_auth_methods_supported", &Metadata::token_endpoint_auth_methods_supported},
    {"revocation_endpoint_auth_methods_supported", &Metadata::revocation_endpoint_auth_methods_supported},
    {"introspection_endpoint_auth_methods_supported", &Metadata::introspection_endpoint_auth_methods_supported},
    {"code_challenge_methods_supported", &Metadata::code_challenge_methods_supported},
    {"dpop_signing_alg_values_supported", &Metadata::dpop_signing_alg_values_supported},
    {"claims_supported", &Metadata::claims_supported},
    {"prompt_values_supported", &Metadata::prompt_values_supported},
    {"acr_values_supported", &Metadata::acr_values_supported},
};

struct Flag {
  std::string_view name;
  bool Metadata::* field;
  bool if_absent;
};
constexpr Flag flags[] = {
    {"authorization_response_iss_parameter_supported", &Metadata::authorization_response_iss_parameter_supported,
     false},
    {"backchannel_logout_supported", &Metadata::backchannel_logout_supported, false},
    {"backchannel_logout_session_supported", &Metadata::backchannel_logout_session_supported, false},
    {"request_parameter_supported", &Metadata::request_parameter_supported, false},
    {"request_uri_parameter_supported", &Metadata::request_uri_parameter_supported, true},
};

Status check_endpoint(std::string_view name, std::string_view text) {
  const auto uri = uri::Uri::parse(text);
  if (!uri || !uri->is_http() || uri->has_fragment() || uri->has_userinfo())
    return fail(Code::protocol_violation, name);
  if (uri->scheme() == "http" && !uri->is_loopback()) return fail(Code::http_not_allowed, name);
  return {};
}

Status read_endpoints(const json::Value& document, Metadata& metadata) {
  for (const auto& [name, field] : endpoints) {
    TRY(const auto text, json::find_string(document, name));
    if (!text) continue;
    TRY_DO(check_endpoint(name, *text));
    metadata.*field = *text;
  }
  if (metadata.authorization_endpoint.empty() || metadata.token_endpoint.empty() || metadata.jwks_uri.empty())
    return fail(Code::protocol_violation, "metadata lacks an endpoint");
  return {};
}

Result<Metadata> read(std::string_view text, std::string_view issuer) {
  TRY(const json::Value document, json::parse_object(text));
  Metadata metadata;
  TRY(const auto named, json::get_string(document, "issuer"));
  if (named != issuer) return fail(Code::issuer_mismatch, "metadata");
  metadata.issuer = named;
  TRY_DO(read_endpoints(document, metadata));
  for (const auto& [name, field] : lists) {
    TRY(metadata.*field, json::find_strings(document, name));
  }
  for (const auto& [name, field, if_absent] : flags) {
    TRY(const auto value, json::find_bool(document, name));
    metadata.*field = value.value_or(if_absent);
  }
  return metadata;
}

}  // namespace

Metadata metadata_of_latchkey(std::string_view issuer) {
  const auto at = [issuer](std::string_view path) { return std::string(issuer) + std::string(path); };
  Metadata metadata;
  metadata.issuer = issuer;
  metadata.authorization_endpoint = at(routes::authorize);
  metadata.token_endpoint = at(routes::token);
  metadata.jwks_uri = at(routes::jwks);
  metadata.userinfo_endpoint = at(routes::userinfo);
  metadata.revocation_endpoint = at(routes::revoke);
  metadata.introspection_endpoint = at(routes::introspect);
  metadata.end_session_endpoint = at(routes::end_session);
  metadata.status_list_aggregation_endpoint = at(routes::status_lists);
  metadata.scopes_supported = {"openid", "profile", "offline_access"};
  metadata.response_types_supported = {"code"};
  metadata.response_modes_supported = {"query"};
  metadata.grant_types_supported = {"authorization_code", "refresh_token", "client_credentials"};
  metadata.subject_types_supported = {"public"};
  metadata.id_token_signing_alg_values_supported = {"ES256"};
  metadata.token_endpoint_auth_methods_supported = {"none", "client_secret_basic", "client_secret_post"};
  metadata.revocation_endpoint_auth_methods_supported = metadata.token_endpoint_auth_methods_supported;
  metadata.introspection_endpoint_auth_methods_supported = {"client_secret_basic", "client_secret_post"};
  metadata.code_challenge_methods_supported = {"S256"};
  metadata.dpop_signing_alg_values_supported = {"ES256", "EdDSA", "RS256"};
  metadata.claims_supported = {"sub",       "iss",   "aud", "exp",     "iat",
                               "auth_time", "nonce", "sid", "at_hash", "preferred_username"};
  metadata.prompt_values_supported = {"none", "login", "consent", "select_account"};
  metadata.authorization_response_iss_parameter_supported = true;
  metadata.backchannel_logout_supported = metadata.backchannel_logout_session_supported = true;
  return metadata;
}

std::string print_metadata(const Metadata& metadata) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().member("issuer", metadata.issuer);
  for (const auto& [name, field] : endpoints)
    if (!(metadata.*field).empty()) writer.member(name, metadata.*field);
  for (const auto& [name, field] : lists)
    if (!(metadata.*field).empty()) writer.member(name, metadata.*field);
  for (const auto& [name, field, if_absent] : flags) writer.member(name, metadata.*field);
  writer.end_object();
  return text;
}

Result<Metadata> parse_metadata(std::string_view text, std::string_view issuer) {
  auto metadata = read(text, issuer);
  if (!metadata && metadata.error().code == Code::invalid_format)
    return fail(Code::protocol_violation, metadata.error().detail);
  return metadata;
}

}  // namespace latchkey::protocol::oauth
