#include "identity/grants/client_credentials_grant.h"

#include <algorithm>
#include <array>

namespace latchkey::identity {
namespace {

constexpr std::array<std::string_view, 4> user_scopes{"openid", "profile", "email", "offline_access"};

bool is_about_a_user(std::string_view scope) {
  return std::find(user_scopes.begin(), user_scopes.end(), scope) != user_scopes.end();
}

std::string everything(const Client& client) {
  std::string text;
  for (const std::string& scope : client.scopes)
    if (!is_about_a_user(scope)) text.append(text.empty() ? "" : " ").append(scope);
  return text;
}

}  // namespace

Result<ClientGranted> grant_client_credentials(const Client& client, const std::optional<protocol::oauth::Scope>& scope,
                                               const std::optional<std::string>& resource) {
  if (resource && !client.may_ask_for_resource(*resource)) return fail(Code::invalid_target, "unknown resource");
  if (!scope) return ClientGranted{everything(client), resource.value_or("")};
  for (const std::string& name : scope->names())
    if (is_about_a_user(name) || std::find(client.scopes.begin(), client.scopes.end(), name) == client.scopes.end())
      return fail(Code::invalid_scope, "the client may not ask for that scope");
  return ClientGranted{scope->print(), resource.value_or("")};
}

}  // namespace latchkey::identity
