#include "protocol/oauth/authorization_response.h"

#include "crypto/constant_time.h"
#include "protocol/oauth/error_response.h"
#include "protocol/oauth/wire.h"
#include "protocol/uri.h"

namespace latchkey::protocol::oauth {

WipedString print_authorization_response(std::string_view redirect_uri, const AuthorizationResponse& response) {
  form::Writer query;
  if (const auto* code = std::get_if<AuthorizationCode>(&response.result)) {
    query.add("code", code->reveal_text());
  } else {
    const Error& error = std::get<Error>(response.result);
    query.add("error", wire_word(error.code));
    if (const std::string text = printable_description(error); !text.empty()) query.add("error_description", text);
  }
  query.add_if_any("state", response.state);
  if (!response.issuer.empty()) query.add("iss", response.issuer);
  return uri::with_query(redirect_uri, query.take());
}

Result<AuthorizationResponse> parse_authorization_response(const form::Form& query) {
  const auto code = query.find("code"), error = query.find("error");
  if (code.has_value() == error.has_value()) return fail(Code::protocol_violation, "neither a code nor an error");
  AuthorizationResponse response;
  response.state = query.find_wiped("state");
  response.issuer = query.find_text("iss").value_or("");
  if (error) {
    const Code meaning = code_of_wire_word(*error);
    response.result = Error{meaning, meaning == Code::server_error ? std::string() : std::string(*error)};
    return response;
  }
  if (code->size() > limits::jwt_bytes || !is_visible_ascii(*code))
    return fail(Code::protocol_violation, "code malformed");
  response.result = AuthorizationCode::copy_of(*code);
  return response;
}

Status check_authorization_response(const AuthorizationResponse& response, std::string_view state,
                                    std::string_view issuer, IssuerParameter issuer_parameter) {
  if (!response.state || !crypto::equal(*response.state, state)) return fail(Code::state_mismatch);
  if (response.issuer.empty())
    return issuer_parameter == IssuerParameter::required ? fail(Code::issuer_mismatch, "iss is missing") : Status{};
  if (response.issuer != issuer) return fail(Code::issuer_mismatch);
  return {};
}

}  // namespace latchkey::protocol::oauth
