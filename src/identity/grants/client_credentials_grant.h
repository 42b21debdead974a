// A confidential client acting for itself (RFC 6749 section 4.4). Touches no database: its tokens end by themselves, or
// one by one through the revocation endpoint.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "identity/clients/client.h"
#include "protocol/oauth/scope.h"

namespace latchkey::identity {

struct ClientGranted {
  std::string scope;
  std::string resource;  // empty: the issuer
};

// Nothing asked for is everything it may have, except the scopes that speak of a user. Fails: invalid_scope,
// invalid_target.
Result<ClientGranted> grant_client_credentials(const Client& client, const std::optional<protocol::oauth::Scope>& scope,
                                               const std::optional<std::string>& resource);

}  // namespace latchkey::identity
