#include "identity/login/checked_authorization.h"

namespace latchkey::identity {

namespace {

using protocol::oauth::AuthorizationRequest;
using protocol::oauth::AuthorizationTarget;

Result<std::string> choose_redirect_uri(const Client& client, const AuthorizationTarget& target) {
  if (target.redirect_uri) {
    if (!client.may_redirect_to(*target.redirect_uri))
      return fail(Code::invalid_request, "redirect_uri is not registered");
    return *target.redirect_uri;
  }
  if (client.redirect_uris.size() != 1) return fail(Code::invalid_request, "redirect_uri is missing");
  return client.redirect_uris.front();
}

Status check_request(const Client& client, const AuthorizationRequest& request) {
  if (!client.may_use(GrantType::authorization_code))
    return fail(Code::unauthorized_client, "the client may not sign users in");
  for (const std::string& name : request.scope.names())
    if (!client.may_ask_for_scope(name)) return fail(Code::invalid_scope, "the client may not ask for this scope");
  if (request.resource && !client.may_ask_for_resource(*request.resource))
    return fail(Code::invalid_target, "the client may not ask for this resource");
  return {};
}

Result<AuthorizationRequest> parse_and_check(const protocol::form::Form& query, const Client& client) {
  TRY(AuthorizationRequest request, protocol::oauth::parse_authorization_request(query));
  TRY_DO(check_request(client, request));
  return request;
}

WipedString location(const CheckedAuthorization& checked,
                     std::variant<protocol::oauth::AuthorizationCode, Error> result, std::string_view issuer) {
  const protocol::oauth::AuthorizationResponse response{std::move(result), checked.state, std::string(issuer)};
  return protocol::oauth::print_authorization_response(checked.redirect_uri, response);
}

}  // namespace

Result<CheckedAuthorization> check_authorization(const protocol::form::Form& query, const ClientStore& clients) {
  TRY(const AuthorizationTarget target, protocol::oauth::parse_authorization_target(query));
  CheckedAuthorization checked;
  checked.client = clients.find(target.client_id);
  if (!checked.client) return fail(Code::invalid_client, "the client is not known");
  TRY(checked.redirect_uri, choose_redirect_uri(*checked.client, target));
  checked.state = target.state;
  auto request = parse_and_check(query, *checked.client);
  if (request) {
    checked.request = *std::move(request);
    checked.canonical = protocol::oauth::print_authorization_request(checked.request);
    checked.id_token_hint = query.find_wiped("id_token_hint");
    if (checked.id_token_hint) {
      protocol::form::Writer hint;
      checked.canonical.append("&").append(hint.add("id_token_hint", std::string_view(*checked.id_token_hint)).take());
    }
  } else {
    checked.refusal = std::move(request).error();
  }
  return checked;
}

WipedString code_location(const CheckedAuthorization& checked, const protocol::oauth::AuthorizationCode& code,
                          std::string_view issuer) {
  return location(checked, code.clone(), issuer);
}

WipedString refusal_location(const CheckedAuthorization& checked, const Error& error, std::string_view issuer) {
  return location(checked, error, issuer);
}

}  // namespace latchkey::identity
