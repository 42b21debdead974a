// How a client names itself and proves it at the token, revocation and introspection endpoints (RFC 6749 section 2.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/wiping.h"
#include "protocol/form.h"
#include "protocol/oauth/secrets.h"

namespace latchkey::protocol::oauth {

enum class ClientAuthenticationMethod { none, client_secret_basic, client_secret_post };
std::string_view wire_word(ClientAuthenticationMethod method);
Result<ClientAuthenticationMethod> parse_client_authentication_method(std::string_view word);

struct ClientAuthentication {
  ClientAuthenticationMethod method = ClientAuthenticationMethod::none;
  std::string client_id;
  std::optional<ClientSecret> secret;  // set unless method is none
};

// `authorization` is the value of the header of that name, if there was exactly one. Basic credentials are form-decoded
// (RFC 6749 section 2.3.1). Two methods at once, or two different client ids, fail. Fails: invalid_client,
// invalid_request.
Result<ClientAuthentication> parse_client_authentication(const form::Form& body,
                                                         std::optional<std::string_view> authorization);

// client_id, and client_secret when the method is client_secret_post, or nothing when the header carries both.
void print_client_authentication(const ClientAuthentication& client, form::Writer& body);
// The value of the Authorization header; nothing unless the method is client_secret_basic.
std::optional<WipedString> basic_authorization(const ClientAuthentication& client);

}  // namespace latchkey::protocol::oauth
