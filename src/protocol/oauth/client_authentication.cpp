#include "protocol/oauth/client_authentication.h"

#include "protocol/limits.h"
#include "protocol/oauth/base64.h"
#include "protocol/oauth/wire.h"

namespace latchkey::protocol::oauth {
namespace {

tl::unexpected<Error> refused(std::string_view why) { return fail(Code::invalid_client, why); }

Status check_client_id(std::string_view id) {
  if (id.empty() || id.size() > limits::client_id_bytes || !is_visible_ascii(id)) return refused("client_id malformed");
  return {};
}

Result<ClientAuthentication> parse_basic(std::string_view authorization) {
  constexpr std::string_view scheme = "basic ";
  if (!starts_with_ignoring_case(authorization, scheme)) return refused("only Basic authentication is offered");
  const auto decoded = parse_base64(authorization.substr(scheme.size()));
  const std::size_t colon = decoded ? decoded->find(':') : WipedString::npos;
  if (colon == WipedString::npos) return refused("Basic credentials malformed");
  const std::string_view text = *decoded;
  const auto id = form::decode(text.substr(0, colon)), secret = form::decode(text.substr(colon + 1));
  if (!id || !secret) return refused("Basic credentials malformed");
  TRY_DO(check_client_id(*id));
  return ClientAuthentication{ClientAuthenticationMethod::client_secret_basic, std::string(*id),
                              ClientSecret::copy_of(std::string_view(*secret))};
}

}  // namespace

std::string_view wire_word(ClientAuthenticationMethod method) {
  switch (method) {
    case ClientAuthenticationMethod::none:
      return "none";
    case ClientAuthenticationMethod::client_secret_basic:
      return "client_secret_basic";
    case ClientAuthenticationMethod::client_secret_post:
      return "client_secret_post";
  }
  return "";
}

Result<ClientAuthenticationMethod> parse_client_authentication_method(std::string_view word) {
  using enum ClientAuthenticationMethod;
  for (const auto method : {none, client_secret_basic, client_secret_post})
    if (wire_word(method) == word) return method;
  return fail(Code::unsupported, "client authentication method");
}

Result<ClientAuthentication> parse_client_authentication(const form::Form& body,
                                                         std::optional<std::string_view> authorization) {
  const auto id = body.find("client_id"), secret = body.find("client_secret");
  if (body.has("client_assertion") || body.has("client_assertion_type"))
    return refused("client_assertion is not offered");
  if (authorization) {
    if (secret) return fail(Code::invalid_request, "two ways of client authentication at once");
    TRY(auto client, parse_basic(*authorization));
    if (id && *id != client.client_id) return fail(Code::invalid_request, "two different client ids");
    return client;
  }
  if (!id) return refused("client_id is missing");
  TRY_DO(check_client_id(*id));
  ClientAuthentication client{ClientAuthenticationMethod::none, std::string(*id), std::nullopt};
  if (secret) {
    client.method = ClientAuthenticationMethod::client_secret_post;
    client.secret = ClientSecret::copy_of(*secret);
  }
  return client;
}

void print_client_authentication(const ClientAuthentication& client, form::Writer& body) {
  if (client.method == ClientAuthenticationMethod::client_secret_basic) return;
  body.add("client_id", client.client_id);
  if (client.secret) body.add("client_secret", client.secret->reveal_text());
}

std::optional<WipedString> basic_authorization(const ClientAuthentication& client) {
  if (client.method != ClientAuthenticationMethod::client_secret_basic || !client.secret) return std::nullopt;
  WipedString credentials;
  form::append_encoded(credentials, client.client_id);
  credentials.push_back(':');
  form::append_encoded(credentials, client.secret->reveal_text());
  return "Basic " + to_base64(credentials);
}

}  // namespace latchkey::protocol::oauth
