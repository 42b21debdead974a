// What a server offers (RFC 8414, OpenID Connect Discovery 1.0, OpenID Connect Back-Channel Logout 1.0 section 2.1):
// one document for both.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace latchkey::protocol::oauth {

struct Metadata {
  std::string issuer;
  std::string authorization_endpoint, token_endpoint, jwks_uri;
  std::string userinfo_endpoint, revocation_endpoint, introspection_endpoint, end_session_endpoint;  // empty if none
  std::string status_list_aggregation_endpoint;
  std::vector<std::string> scopes_supported, response_types_supported, response_modes_supported, grant_types_supported,
      subject_types_supported, id_token_signing_alg_values_supported, token_endpoint_auth_methods_supported,
      revocation_endpoint_auth_methods_supported, introspection_endpoint_auth_methods_supported,
      code_challenge_methods_supported, dpop_signing_alg_values_supported, claims_supported, prompt_values_supported,
      acr_values_supported;
  bool authorization_response_iss_parameter_supported = false;
  bool backchannel_logout_supported = false, backchannel_logout_session_supported = false;
  bool request_parameter_supported = false, request_uri_parameter_supported = false;
};

// What `latchkey serve` offers under `issuer` (without a slash at its end).
Metadata metadata_of_latchkey(std::string_view issuer);

std::string print_metadata(const Metadata& metadata);
// The document's issuer must be `issuer`, character for character (RFC 8414 section 3.3), and every endpoint https, or
// http on loopback. Fails: protocol_violation, issuer_mismatch, http_not_allowed.
Result<Metadata> parse_metadata(std::string_view json, std::string_view issuer);

}  // namespace latchkey::protocol::oauth
