// An authorization request after every check that needs no user: client and redirect URI first, for until they are
// known nothing may be redirected anywhere (RFC 9700 section 4.11).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/wiping.h"
#include "identity/clients/client_store.h"
#include "protocol/form.h"
#include "protocol/oauth/authorization_request.h"
#include "protocol/oauth/authorization_response.h"

namespace latchkey::identity {

struct CheckedAuthorization {
  std::shared_ptr<const Client> client;
  std::string redirect_uri;  // where the answer goes: as sent, or the only one registered
  std::optional<WipedString> state;
  std::optional<Error> refusal;                     // to be sent there
  protocol::oauth::AuthorizationRequest request{};  // only without refusal
  std::optional<WipedString> id_token_hint;
  WipedString canonical;  // the request as a query; names it in forms and after sign-in
};

// Fails when nothing may be redirected: invalid_request, invalid_client.
Result<CheckedAuthorization> check_authorization(const protocol::form::Form& query, const ClientStore& clients);

// The Location of an answer: with `iss` (RFC 9207), and `state` as sent.
WipedString code_location(const CheckedAuthorization& checked, const protocol::oauth::AuthorizationCode& code,
                          std::string_view issuer);
WipedString refusal_location(const CheckedAuthorization& checked, const Error& error, std::string_view issuer);

}  // namespace latchkey::identity
