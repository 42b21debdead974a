#include "protocol/oauth/token_request.h"

#include "protocol/oauth/pkce.h"
#include "protocol/oauth/wire.h"
#include "protocol/uri.h"

namespace latchkey::protocol::oauth {
namespace {

using Grant = decltype(TokenRequest::grant);

Result<std::optional<Scope>> find_scope(const form::Form& body) {
  const auto text = body.find("scope");
  if (!text) return std::optional<Scope>();
  TRY(Scope scope, Scope::parse(*text));
  return std::optional(std::move(scope));
}

Result<Grant> parse_authorization_code(const form::Form& body) {
  AuthorizationCodeGrant grant;
  TRY(grant.code, get_token<AuthorizationCode>(body, "code"));
  grant.redirect_uri = body.find_text("redirect_uri");
  if (const auto verifier = body.find("code_verifier")) {
    TRY(grant.verifier, parse_pkce_verifier(*verifier));
  }
  return grant;
}

Result<Grant> parse_refresh_token(const form::Form& body) {
  RefreshTokenGrant grant;
  TRY(grant.refresh_token, get_token<RefreshToken>(body, "refresh_token"));
  TRY(grant.scope, find_scope(body));
  return grant;
}

Result<Grant> parse_client_credentials(const form::Form& body) {
  ClientCredentialsGrant grant;
  TRY(grant.scope, find_scope(body));
  return grant;
}

Result<Grant> parse_grant(const form::Form& body) {
  TRY(const auto type, body.get("grant_type"));
  if (type == "authorization_code") return parse_authorization_code(body);
  if (type == "refresh_token") return parse_refresh_token(body);
  if (type == "client_credentials") return parse_client_credentials(body);
  return fail(Code::unsupported_grant_type);
}

struct PrintGrant {
  form::Writer& body;

  void scope(const std::optional<Scope>& scope) const {
    if (scope) body.add("scope", scope->print());
  }
  void operator()(const AuthorizationCodeGrant& grant) const {
    body.add("grant_type", "authorization_code").add("code", grant.code.reveal_text());
    body.add_if_any("redirect_uri", grant.redirect_uri);
    if (grant.verifier) body.add("code_verifier", grant.verifier->reveal_text());
  }
  void operator()(const RefreshTokenGrant& grant) const {
    body.add("grant_type", "refresh_token").add("refresh_token", grant.refresh_token.reveal_text());
    scope(grant.scope);
  }
  void operator()(const ClientCredentialsGrant& grant) const {
    body.add("grant_type", "client_credentials");
    scope(grant.scope);
  }
};

}  // namespace

// RFC 8707 section 2: absolute, without a fragment.
Result<std::optional<std::string>> find_resource(const form::Form& form) {
  auto text = form.find_text("resource");
  if (!text) return text;
  const auto uri = uri::Uri::parse(*text);
  if (!uri || uri->has_fragment()) return fail(Code::invalid_target, "resource is no absolute URI");
  return text;
}

Result<TokenRequest> parse_token_request(const form::Form& body, std::optional<std::string_view> authorization) {
  TokenRequest request;
  TRY(request.client, parse_client_authentication(body, authorization));
  TRY(request.grant, parse_grant(body));
  TRY(request.resource, find_resource(body));
  return request;
}

WipedString print_token_request(const TokenRequest& request) {
  form::Writer body;
  std::visit(PrintGrant{body}, request.grant);
  body.add_if_any("resource", request.resource);
  print_client_authentication(request.client, body);
  return body.take();
}

}  // namespace latchkey::protocol::oauth
