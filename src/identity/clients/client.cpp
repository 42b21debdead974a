#include "identity/clients/client.h"

#include <algorithm>

#include "protocol/limits.h"
#include "protocol/oauth/scope.h"
#include "protocol/redirect_uri.h"
#include "protocol/uri.h"

namespace latchkey::identity {
namespace oauth = protocol::oauth;
namespace {

bool holds(const std::vector<std::string>& list, std::string_view wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

Status refused(std::string_view why) { return fail(Code::invalid_argument, why); }

Status check_kind(const Client& client) {
  const bool has_secret = client.secret_hash != ByteArray<32>{};
  if (has_secret != (client.kind == ClientKind::confidential))
    return refused("only confidential clients have a secret");
  if (client.kind == ClientKind::confidential) return {};
  if (client.may_use(GrantType::client_credentials)) return refused("client_credentials needs a confidential client");
  if (client.may_introspect) return refused("introspection needs a confidential client");
  return {};
}

}  // namespace

bool Client::may_ask_for_scope(std::string_view scope) const {
  const auto asked = oauth::Scope::parse(scope);
  return asked && std::all_of(asked->names().begin(), asked->names().end(),
                              [&](const std::string& word) { return holds(scopes, word); });
}

bool Client::may_ask_for_resource(std::string_view resource) const { return holds(resources, resource); }

bool Client::may_redirect_to(std::string_view uri) const {
  return protocol::uri::redirect_uri_is_registered(redirect_uris, uri);
}

bool Client::may_redirect_after_logout_to(std::string_view uri) const {
  return protocol::uri::redirect_uri_is_registered(post_logout_redirect_uris, uri);
}

Status check_client(const Client& client) {
  const auto& id = client.id.value();
  const auto is_id_character = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  if (id.empty() || id.size() > protocol::limits::client_id_bytes ||
      !std::all_of(id.begin(), id.end(), is_id_character))
    return refused("a client id has letters, digits, '-', '_' and '.'");
  TRY_DO(check_kind(client));
  for (const auto* uris : {&client.redirect_uris, &client.post_logout_redirect_uris})
    for (const std::string& uri : *uris)
      if (const auto checked = protocol::uri::check_redirect_uri(uri); !checked) return refused(checked.error().detail);
  if (!client.backchannel_logout_uri.empty()) TRY_DO(protocol::uri::check_service_url(client.backchannel_logout_uri));
  if (client.may_use(GrantType::authorization_code) && client.redirect_uris.empty())
    return refused("authorization_code needs a redirect URI");
  for (const std::string& scope : client.scopes) {
    const auto parsed = oauth::Scope::parse(scope);
    if (!parsed || parsed->names().size() != 1) return refused("a scope has a character that is not allowed");
  }
  for (const std::string& resource : client.resources) {
    const auto parsed = protocol::uri::Uri::parse(resource);
    if (!parsed || parsed->has_fragment()) return refused("a resource is an absolute URI without a fragment");
  }
  return {};
}

}  // namespace latchkey::identity
