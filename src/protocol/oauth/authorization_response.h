// What comes back through the browser (RFC 6749 section 4.1.2, RFC 9207).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "base/wiping.h"
#include "protocol/form.h"
#include "protocol/oauth/secrets.h"

namespace latchkey::protocol::oauth {

struct AuthorizationResponse {
  std::variant<AuthorizationCode, Error> result;
  std::optional<WipedString> state;
  std::string issuer;  // empty if the server sent none
};

// The Location of the redirect.
WipedString print_authorization_response(std::string_view redirect_uri, const AuthorizationResponse& response);
// An answer with both code and error, or neither, fails. Fails: protocol_violation.
Result<AuthorizationResponse> parse_authorization_response(const form::Form& query);
// Mix-up and forgery: `state` must equal; `issuer` must equal, and be there if `issuer_required` (the metadata promised
// it). Call before looking at the result, errors included. Fails: state_mismatch, issuer_mismatch.
enum class IssuerParameter { optional, required };
Status check_authorization_response(const AuthorizationResponse& response, std::string_view state,
                                    std::string_view issuer, IssuerParameter issuer_parameter);

}  // namespace latchkey::protocol::oauth
