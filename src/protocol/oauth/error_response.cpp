#include "protocol/oauth/error_response.h"

#include <array>
#include <utility>

#include "protocol/json.h"
#include "protocol/json_writer.h"

namespace latchkey::protocol::oauth {
namespace {

// The first row of a word is what it means when read; the first row of a code is how it is written.
constexpr std::array<std::pair<Code, std::string_view>, 24> words{{
    {Code::invalid_request, "invalid_request"},
    {Code::invalid_client, "invalid_client"},
    {Code::invalid_grant, "invalid_grant"},
    {Code::unauthorized_client, "unauthorized_client"},
    {Code::unsupported_grant_type, "unsupported_grant_type"},
    {Code::invalid_scope, "invalid_scope"},
    {Code::invalid_target, "invalid_target"},
    {Code::access_denied, "access_denied"},
    {Code::invalid_token, "invalid_token"},
    {Code::insufficient_scope, "insufficient_scope"},
    {Code::invalid_dpop_proof, "invalid_dpop_proof"},
    {Code::use_dpop_nonce, "use_dpop_nonce"},
    {Code::login_required, "login_required"},
    {Code::busy, "temporarily_unavailable"},
    {Code::server_error, "server_error"},
    {Code::unsupported, "unsupported_response_type"},
    {Code::login_required, "interaction_required"},
    {Code::consent_required, "consent_required"},
    {Code::login_required, "account_selection_required"},
    {Code::unsupported, "unsupported_token_type"},
    // What the peer learns of codes that are our own business.
    {Code::refresh_reused, "invalid_grant"},
    {Code::not_signed_in, "login_required"},
    {Code::invalid_format, "invalid_request"},
    {Code::input_too_large, "invalid_request"},
}};

bool is_server_failure(std::string_view word) { return word == "server_error" || word == "temporarily_unavailable"; }

// RFC 6749 section 5.2: %x20-21 / %x23-5B / %x5D-7E.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c >= 0x20 && c <= 0x7E && c != '"' && c != '\\') out.push_back(c);
  return out;
}

}  // namespace

std::string_view wire_word(Code code) {
  for (const auto& [known, word] : words)
    if (known == code) return word;
  return "server_error";
}

Code code_of_wire_word(std::string_view word) {
  for (const auto& [code, known] : words)
    if (known == word) return code;
  return Code::server_error;
}

int http_status(Code code) {
  if (code == Code::busy) return 503;
  if (code == Code::invalid_client) return 401;
  return is_server_failure(wire_word(code)) ? 500 : 400;
}

std::string printable_description(const Error& error) {
  return is_server_failure(wire_word(error.code)) ? std::string() : printable(error.detail);
}

std::string print_error_response(const Error& error) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().member("error", wire_word(error.code));
  if (const std::string description = printable_description(error); !description.empty())
    writer.member("error_description", description);
  writer.end_object();
  return text;
}

Result<Error> parse_error_response(std::string_view text) {
  const auto object = json::parse_object(text);
  if (!object) return fail(Code::protocol_violation, "the error is not a JSON object");
  const auto word = json::get_string(*object, "error");
  if (!word) return fail(Code::protocol_violation, "the error has no name");
  const Code code = code_of_wire_word(*word);
  return Error{code, code == Code::server_error ? std::string() : std::string(*word)};
}

}  // namespace latchkey::protocol::oauth
