// The endpoints clients call: token, revoke, introspect, userinfo, jwks, discovery, the status lists, the owner's
// security events and the checkpoints of their vaults; and the collaborators they share. The wiring makes one
// OAuthService and adds its routes.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/time.h"
#include "http/server/router.h"
#include "identity/clients/client_store.h"
#include "identity/tokens/key_encryption.h"
#include "identity/tokens/refresh_rules.h"
#include "identity/tokens/signing_keys.h"
#include "sql/database.h"

namespace latchkey::identity {

struct OAuthSettings {
  std::string issuer;  // https://id.example.com, no slash at the end: endpoints and `iss` are made from it
  std::chrono::seconds access_token_lifetime{300};
  RotationPolicy rotation;
  bool requires_dpop_nonce = false;  // every proof must carry a nonce of ours
};

class OAuthService;  // made by make_oauth_service, shared by all endpoints

struct OAuthDependencies {
  sql::Database& db;
  const Clock& clock;
  ClientStore& clients;
  SigningKeys& keys;
  const KeyEncryption& encryption;
};

// Reads or makes the refresh-token keys. Fails: storage_failed, authentication_failed.
Result<std::shared_ptr<OAuthService>> make_oauth_service(OAuthDependencies dependencies, const OAuthSettings& settings);

// Adds every endpoint named above. The service outlives the router's handlers: they share it.
void add_oauth_endpoints(http::Router& router, std::shared_ptr<OAuthService> service);

}  // namespace latchkey::identity
