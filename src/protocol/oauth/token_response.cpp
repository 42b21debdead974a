#include "protocol/oauth/token_response.h"

#include "protocol/json_writer.h"
#include "protocol/oauth/wire.h"

namespace latchkey::protocol::oauth {
namespace {

using std::chrono::seconds;

Result<TokenType> parse_token_type(std::string_view word) {
  if (word.size() == 6 && starts_with_ignoring_case(word, "bearer")) return TokenType::bearer;
  if (word.size() == 4 && starts_with_ignoring_case(word, "dpop")) return TokenType::dpop;
  return fail(Code::protocol_violation, "token_type");
}

Result<std::optional<seconds>> find_seconds(const json::Value& object, std::string_view name) {
  TRY(const auto count, json::find_integer(object, name));
  if (!count) return std::optional<seconds>();
  if (*count < 0 || *count > limits::numeric_date_maximum) return fail(Code::protocol_violation, name);
  return std::optional(seconds(*count));
}

template <class Secret>
Result<std::optional<Secret>> find_token(const json::Value& object, std::string_view name) {
  TRY(const auto text, json::find_string(object, name));
  if (!text) return std::optional<Secret>();
  if (text->empty() || text->size() > limits::jwt_bytes || !is_visible_ascii(*text))
    return fail(Code::protocol_violation, name);
  return std::optional<Secret>(Secret::copy_of(*text));
}

std::optional<std::int64_t> count_of(const std::optional<seconds>& duration) {
  return duration ? std::optional<std::int64_t>(duration->count()) : std::nullopt;
}

Result<TokenResponse> read(std::string_view text) {
  TRY(const json::Value object, json::parse_object(text));
  TokenResponse response;
  TRY(auto access, find_token<AccessToken>(object, "access_token"));
  if (!access) return fail(Code::protocol_violation, "access_token is missing");
  response.access_token = *std::move(access);
  TRY(const auto type, json::get_string(object, "token_type"));
  TRY(response.token_type, parse_token_type(type));
  TRY(const auto expires_in, find_seconds(object, "expires_in"));
  response.expires_in = expires_in.value_or(seconds(0));
  TRY(response.refresh_token, find_token<RefreshToken>(object, "refresh_token"));
  TRY(response.refresh_token_expires_in, find_seconds(object, "refresh_token_expires_in"));
  TRY(response.authorization_expires_in, find_seconds(object, "authorization_expires_in"));
  TRY(response.id_token, find_token<IdToken>(object, "id_token"));
  TRY(const auto scope, json::find_string(object, "scope"));
  if (scope) {
    TRY(response.scope, Scope::parse(*scope));
  }
  return response;
}

}  // namespace

std::string_view wire_word(TokenType type) { return type == TokenType::dpop ? "DPoP" : "Bearer"; }

WipedString print_token_response(const TokenResponse& response) {
  WipedString text;
  text.reserve(256 + response.access_token.size() + (response.id_token ? response.id_token->size() : 0));
  json::WipedWriter writer(text);
  writer.begin_object().member("access_token", response.access_token.reveal_text());
  writer.member("token_type", wire_word(response.token_type)).member("expires_in", response.expires_in.count());
  if (response.refresh_token) writer.member("refresh_token", response.refresh_token->reveal_text());
  writer.member("refresh_token_expires_in", count_of(response.refresh_token_expires_in));
  writer.member("authorization_expires_in", count_of(response.authorization_expires_in));
  if (response.scope) writer.member("scope", response.scope->print());
  if (response.id_token) writer.member("id_token", response.id_token->reveal_text());
  writer.end_object();
  return text;
}

Result<TokenResponse> parse_token_response(std::string_view text) { return as_violation(read(text)); }

}  // namespace latchkey::protocol::oauth
