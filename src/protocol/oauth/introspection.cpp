#include "protocol/oauth/introspection.h"

#include "protocol/json_writer.h"
#include "protocol/oauth/wire.h"

namespace latchkey::protocol::oauth {
namespace {

struct TextMember {
  std::string_view name;
  std::string IntrospectionResponse::* field;
};
constexpr TextMember text_members[] = {
    {"scope", &IntrospectionResponse::scope},    {"client_id", &IntrospectionResponse::client_id},
    {"sub", &IntrospectionResponse::subject},    {"aud", &IntrospectionResponse::audience},
    {"iss", &IntrospectionResponse::issuer},     {"jti", &IntrospectionResponse::token_id},
    {"sid", &IntrospectionResponse::session_id},
};

Result<std::optional<Instant>> find_time(const json::Value& object, std::string_view name) {
  TRY(const auto seconds, json::find_integer(object, name));
  if (!seconds) return std::optional<Instant>();
  if (*seconds < 0 || *seconds > limits::numeric_date_maximum) return fail(Code::protocol_violation, name);
  return std::optional(from_unix_seconds(*seconds));
}

Result<IntrospectionResponse> read(std::string_view text) {
  TRY(const json::Value object, json::parse_object(text));
  IntrospectionResponse response;
  TRY(response.active, json::get_bool(object, "active"));
  if (!response.active) return response;
  for (const auto& [name, field] : text_members) {
    TRY(const auto content, json::find_string(object, name));
    response.*field = content.value_or("");
  }
  TRY(const auto type, json::find_string(object, "token_type"));
  if (type == "Bearer") response.token_type = TokenType::bearer;
  if (type == "DPoP") response.token_type = TokenType::dpop;
  TRY(response.expires_at, find_time(object, "exp"));
  TRY(response.issued_at, find_time(object, "iat"));
  TRY(const json::Value* confirmation, json::find_object(object, "cnf"));
  if (confirmation) {
    TRY(const auto thumbprint, json::find_string(*confirmation, "jkt"));
    response.key_thumbprint = thumbprint.value_or("");
  }
  return response;
}

}  // namespace

std::string print_introspection_response(const IntrospectionResponse& response) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().member("active", response.active);
  if (response.active) {
    text.reserve(512);
    for (const auto& [name, field] : text_members)
      if (!(response.*field).empty()) writer.member(name, response.*field);
    if (response.token_type) writer.member("token_type", wire_word(*response.token_type));
    if (response.expires_at) writer.member("exp", to_unix_seconds(*response.expires_at));
    if (response.issued_at) writer.member("iat", to_unix_seconds(*response.issued_at));
    if (!response.key_thumbprint.empty())
      writer.key("cnf").begin_object().member("jkt", response.key_thumbprint).end_object();
  }
  writer.end_object();
  return text;
}

Result<IntrospectionResponse> parse_introspection_response(std::string_view text) { return as_violation(read(text)); }

}  // namespace latchkey::protocol::oauth
