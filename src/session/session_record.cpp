#include "session/session_record.h"

#include "base/base64url.h"
#include "protocol/json.h"
#include "protocol/json_writer.h"
#include "protocol/limits.h"

namespace latchkey::session {
namespace {

namespace json = protocol::json;
namespace oauth = protocol::oauth;

constexpr std::int64_t version = 1;
constexpr std::chrono::seconds assumed_lifetime = std::chrono::minutes(5);  // of a token whose issuer does not say

template <class S>
std::optional<S> copy_of(const std::optional<S>& secret) {
  if (!secret) return std::nullopt;
  return secret->clone();
}

template <class S>
std::optional<S> secret_of(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  return S::copy_of(*text);
}

std::optional<std::int64_t> millis_of(const std::optional<Instant>& at) {
  if (!at) return std::nullopt;
  return to_unix_millis(*at);
}

std::optional<Instant> instant_of(std::optional<std::int64_t> millis) {
  if (!millis) return std::nullopt;
  return from_unix_millis(*millis);
}

// Left out where empty, and read back as empty.
std::optional<std::string_view> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

Result<std::string> find_text(const json::Value& object, std::string_view name) {
  TRY(const auto text, json::find_string(object, name));
  return std::string(text.value_or(std::string_view()));
}

template <class S>
Result<std::optional<S>> find_secret(const json::Value& object, std::string_view name) {
  TRY(const auto text, json::find_string(object, name));
  return secret_of<S>(text);
}

Result<std::optional<Instant>> find_instant(const json::Value& object, std::string_view name) {
  TRY(const auto millis, json::find_integer(object, name));
  return instant_of(millis);
}

Result<oauth::TokenType> get_token_type(const json::Value& object) {
  TRY(const std::string_view word, json::get_string(object, "token_type"));
  for (const auto type : {oauth::TokenType::bearer, oauth::TokenType::dpop})
    if (word == oauth::wire_word(type)) return type;
  return fail(Code::invalid_format, "token_type");
}

Result<std::optional<crypto::PrivateKeyDer>> find_key(const json::Value& object, oauth::TokenType type) {
  TRY(const auto text, json::find_string(object, "dpop_key"));
  if (text.has_value() != (type == oauth::TokenType::dpop)) return fail(Code::invalid_format, "dpop_key");
  std::optional<crypto::PrivateKeyDer> key;
  if (!text) return key;
  key = crypto::PrivateKeyDer::zeroed(text->size() * 3 / 4);
  if (const Status decoded = parse_base64url_into(*text, key->reveal_to_write()); !decoded)
    return fail(Code::invalid_format, "dpop_key");
  return key;
}

Status read_names(const json::Value& object, SessionRecord& record) {
  TRY(record.revision, json::get_integer(object, "revision"));
  if (record.revision < 1) return fail(Code::invalid_format, "revision");
  TRY(const std::string_view issuer, json::get_string(object, "issuer"));
  TRY(const std::string_view client_id, json::get_string(object, "client_id"));
  record.issuer = issuer;
  record.client_id = client_id;
  TRY(record.subject, find_text(object, "subject"));
  TRY(record.session_id, find_text(object, "session_id"));
  TRY(record.scope, find_text(object, "scope"));
  return {};
}

Status read_times(const json::Value& object, SessionRecord& record) {
  TRY(const std::int64_t signed_in_at, json::get_integer(object, "signed_in_at"));
  TRY(const std::int64_t issued_at, json::get_integer(object, "issued_at"));
  TRY(const std::int64_t expires_at, json::get_integer(object, "expires_at"));
  record.signed_in_at = from_unix_millis(signed_in_at);
  record.issued_at = from_unix_millis(issued_at);
  record.expires_at = from_unix_millis(expires_at);
  TRY(record.refresh_expires_at, find_instant(object, "refresh_expires_at"));
  TRY(record.authorization_expires_at, find_instant(object, "authorization_expires_at"));
  return {};
}

Status read_secrets(const json::Value& object, SessionRecord& record) {
  TRY(const std::string_view access_token, json::get_string(object, "access_token"));
  if (access_token.empty()) return fail(Code::invalid_format, "access_token");
  record.access_token = oauth::AccessToken::copy_of(access_token);
  TRY(record.token_type, get_token_type(object));
  TRY(record.refresh_token, find_secret<oauth::RefreshToken>(object, "refresh_token"));
  TRY(record.id_token, find_secret<oauth::IdToken>(object, "id_token"));
  TRY(record.dpop_key, find_key(object, record.token_type));
  return {};
}

WipedString print_key(const crypto::PrivateKeyDer& key) { return to_wiped_base64url(key.reveal()); }

}  // namespace

SessionRecord SessionRecord::clone() const {
  SessionRecord copy;
  copy.revision = revision;
  copy.issuer = issuer;
  copy.client_id = client_id;
  copy.subject = subject;
  copy.session_id = session_id;
  copy.signed_in_at = signed_in_at;
  copy.access_token = access_token.clone();
  copy.token_type = token_type;
  copy.issued_at = issued_at;
  copy.expires_at = expires_at;
  copy.scope = scope;
  copy.refresh_token = copy_of(refresh_token);
  copy.refresh_expires_at = refresh_expires_at;
  copy.authorization_expires_at = authorization_expires_at;
  copy.id_token = copy_of(id_token);
  copy.dpop_key = copy_of(dpop_key);
  return copy;
}

void take_tokens(SessionRecord& record, oauth::TokenResponse response, Instant now) {
  const auto after = [now](std::optional<std::chrono::seconds> time) -> std::optional<Instant> {
    if (!time) return std::nullopt;
    return now + std::min(*time, protocol::limits::token_lifetime);
  };
  record.access_token = std::move(response.access_token);
  record.token_type = response.token_type;
  record.issued_at = now;
  const bool is_named = response.expires_in > response.expires_in.zero();
  record.expires_at =
      now + (is_named ? std::min(response.expires_in, protocol::limits::token_lifetime) : assumed_lifetime);
  if (response.scope) record.scope = response.scope->print();
  if (response.refresh_token) record.refresh_token = std::move(response.refresh_token);
  record.refresh_expires_at = after(response.refresh_token_expires_in);
  record.authorization_expires_at = after(response.authorization_expires_in);
}

WipedString print_session_record(const SessionRecord& record) {
  WipedString text;
  json::WipedWriter writer(text);
  writer.begin_object().member("v", version).member("revision", record.revision);
  writer.member("issuer", record.issuer).member("client_id", record.client_id);
  writer.member("subject", unless_empty(record.subject)).member("session_id", unless_empty(record.session_id));
  writer.member("scope", unless_empty(record.scope)).member("signed_in_at", to_unix_millis(record.signed_in_at));
  writer.member("access_token", record.access_token.reveal_text());
  writer.member("token_type", oauth::wire_word(record.token_type));
  writer.member("issued_at", to_unix_millis(record.issued_at)).member("expires_at", to_unix_millis(record.expires_at));
  if (record.refresh_token) writer.member("refresh_token", record.refresh_token->reveal_text());
  writer.member("refresh_expires_at", millis_of(record.refresh_expires_at));
  writer.member("authorization_expires_at", millis_of(record.authorization_expires_at));
  if (record.id_token) writer.member("id_token", record.id_token->reveal_text());
  if (record.dpop_key) writer.member("dpop_key", std::string_view(print_key(*record.dpop_key)));
  writer.end_object();
  return text;
}

Result<SessionRecord> parse_session_record(std::string_view text) {
  TRY(const json::Value object, json::parse_object(text));
  TRY(const std::int64_t written_version, json::get_integer(object, "v"));
  if (written_version > version) return fail(Code::future_version);
  if (written_version != version) return fail(Code::invalid_format, "v");
  SessionRecord record;
  TRY_DO(read_names(object, record));
  TRY_DO(read_times(object, record));
  TRY_DO(read_secrets(object, record));
  return record;
}

}  // namespace latchkey::session
