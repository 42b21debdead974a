#include "protocol/presence_statement.h"

#include <algorithm>
#include <optional>

#include "base/base64url.h"
#include "crypto/constant_time.h"
#include "protocol/jose/jws.h"
#include "protocol/json.h"
#include "protocol/json_writer.h"
#include "protocol/limits/presence.h"
#include "protocol/utf8.h"

namespace latchkey::protocol {
namespace {

constexpr std::string_view statement_type = "latchkey-presence+jwt";
constexpr std::int64_t version = 1;

template <class Value>
struct Word {
  Value value;
  std::string_view name;
};
constexpr Word<PresenceMethod> methods[] = {{PresenceMethod::fingerprint, "fingerprint"},
                                            {PresenceMethod::face, "face"},
                                            {PresenceMethod::iris, "iris"},
                                            {PresenceMethod::device_credential, "device-credential"},
                                            {PresenceMethod::scripted, "scripted"}};
constexpr Word<PresenceStrength> strengths[] = {
    {PresenceStrength::weak, "weak"}, {PresenceStrength::strong, "strong"}, {PresenceStrength::maximum, "maximum"}};

template <class Value, std::size_t N>
std::string_view find_name(const Word<Value> (&words)[N], Value value) {
  for (const auto& word : words)
    if (word.value == value) return word.name;
  return "unknown";
}
template <class Value, std::size_t N>
Result<Value> find_value(const Word<Value> (&words)[N], std::string_view name, std::string_view what) {
  for (const auto& word : words)
    if (word.name == name) return word.value;
  return fail(Code::invalid_format, what);
}

Status check_text(std::string_view text, std::size_t minimum, std::size_t maximum, std::string_view what) {
  if (text.size() < minimum || text.size() > maximum || !utf8::is_valid(text))
    return fail(Code::invalid_argument, what);
  return {};
}

Status check_expected(const PresenceStatement& said, const PresenceExpectation& expected, Instant now) {
  const auto refuse = [](std::string_view what) { return fail(Code::signature_invalid, what); };
  if (!crypto::equal(said.challenge, expected.challenge)) return refuse("presence: challenge");
  if (said.purpose != expected.purpose) return refuse("presence: purpose");
  if (said.origin != expected.origin) return refuse("presence: origin");
  if (said.at > now + expected.skew) return refuse("presence: from the future");
  if (said.at + expected.age + expected.skew < now) return refuse("presence: too old");
  if (said.strength < expected.minimum_strength) return refuse("presence: strength");
  if (std::ranges::find(expected.methods, said.method) == expected.methods.end()) return refuse("presence: method");
  return {};
}

}  // namespace

std::string_view name_of(PresenceMethod method) { return find_name(methods, method); }
std::string_view name_of(PresenceStrength strength) { return find_name(strengths, strength); }
Result<PresenceMethod> parse_presence_method(std::string_view name) { return find_value(methods, name, "method"); }
Result<PresenceStrength> parse_presence_strength(std::string_view name) {
  return find_value(strengths, name, "strength");
}

Status check_presence_statement(const PresenceStatement& statement) {
  TRY_DO(check_text(statement.purpose, 1, limits::presence_purpose_bytes, "purpose"));
  TRY_DO(check_text(statement.challenge, limits::presence_challenge_minimum, limits::presence_challenge_maximum,
                    "challenge"));
  TRY_DO(check_text(statement.origin, 1, limits::presence_origin_bytes, "origin"));
  const std::int64_t at = to_unix_seconds(statement.at);
  if (at < 0 || at > limits::numeric_date_maximum) return fail(Code::invalid_argument, "time");
  // Strength beyond weak is a claim about the key; a statement that contradicts itself is not made.
  if (statement.strength > PresenceStrength::weak && !statement.key_bound)
    return fail(Code::invalid_argument, "strength without a bound key");
  return {};
}

std::string print_presence_payload(const PresenceStatement& statement) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("v", version).member("purpose", statement.purpose);
  writer.member("challenge", statement.challenge).member("origin", statement.origin);
  writer.member("iat", to_unix_seconds(statement.at)).member("method", name_of(statement.method));
  writer.member("strength", name_of(statement.strength)).member("key_bound", statement.key_bound).end_object();
  return out;
}

Result<PresenceStatement> parse_presence_payload(std::string_view text) {
  TRY(const json::Value object, json::parse_object(text, {limits::jwt_bytes, limits::jwt_depth, limits::jwt_members}));
  TRY(const std::int64_t stated, json::get_integer(object, "v"));
  if (stated > version) return fail(Code::future_version, "presence statement");
  if (stated != version) return fail(Code::invalid_format, "v");
  PresenceStatement statement;
  TRY(statement.purpose, json::get_string(object, "purpose"));
  TRY(statement.challenge, json::get_string(object, "challenge"));
  TRY(statement.origin, json::get_string(object, "origin"));
  TRY(const std::int64_t at, json::get_integer(object, "iat"));
  if (at < 0 || at > limits::numeric_date_maximum) return fail(Code::invalid_format, "iat");
  statement.at = from_unix_seconds(at);
  TRY(const auto method, json::get_string(object, "method"));
  TRY(statement.method, parse_presence_method(method));
  TRY(const auto strength, json::get_string(object, "strength"));
  TRY(statement.strength, parse_presence_strength(strength));
  TRY(statement.key_bound, json::get_bool(object, "key_bound"));
  if (const auto status = check_presence_statement(statement); !status)
    return fail(Code::invalid_format, status.error().detail);
  return statement;
}

std::string print_signing_input(const PresenceStatement& statement, const crypto::VerifyingKey& key) {
  std::string header;
  json::Writer writer(header);
  writer.begin_object().member("typ", statement_type).member("alg", jose::wire_word(key.algorithm()));
  writer.member("kid", jose::Jwk::of(key).thumbprint()).end_object();
  std::string out = to_base64url(as_bytes(header)) + ".";
  append_base64url(out, as_bytes(print_presence_payload(statement)));
  return out;
}

void append_signature(std::string& signing_input, ByteView signature) {
  signing_input.push_back('.');
  append_base64url(signing_input, signature);
}

Result<PresenceStatement> verify_presence_statement(std::string_view compact, const crypto::VerifyingKey& key,
                                                    const PresenceExpectation& expected, Instant now) {
  TRY(const auto jws, jose::UnverifiedJws::parse(compact));
  // One algorithm, and a type that no token, proof or other statement of ours has.
  if (key.algorithm() != crypto::SignatureAlgorithm::es256) return fail(Code::signature_invalid, "presence: key");
  if (jws.header().typ != statement_type) return fail(Code::signature_invalid, "presence: typ");
  TRY(const auto payload, jws.verify(key));
  TRY(PresenceStatement statement, parse_presence_payload(payload));
  TRY_DO(check_expected(statement, expected, now));
  return statement;
}

}  // namespace latchkey::protocol
