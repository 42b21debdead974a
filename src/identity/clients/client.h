// A registered OAuth client.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "identity/ids.h"

namespace latchkey::identity {

enum class ClientKind : std::uint8_t { public_client = 0, confidential = 1 };
enum class GrantType : std::uint8_t { authorization_code = 1, refresh_token = 2, client_credentials = 4 };

struct Client {
  ClientId id;
  std::string name;  // shown on the sign-in page
  ClientKind kind = ClientKind::public_client;
  ByteArray<32> secret_hash{};  // SHA-256 of a generated secret of 256 bits; confidential clients only
  std::vector<std::string> redirect_uris;
  std::vector<std::string> post_logout_redirect_uris;
  std::string backchannel_logout_uri;  // where it is told that a session of it ended; empty: nowhere
  std::uint8_t grants = 0;             // GrantType bits
  std::vector<std::string> scopes;     // what it may ask for
  std::vector<std::string> resources;  // RFC 8707 identifiers it may ask for; also those whose tokens it may introspect
  bool requires_dpop = false;
  bool may_introspect = false;
  bool is_first_party = false;  // the operator's own app: its users are not asked for consent
  bool is_enabled = true;

  bool may_use(GrantType grant) const { return (grants & static_cast<std::uint8_t>(grant)) != 0; }
  bool may_ask_for_scope(std::string_view scope) const;  // every word of it
  bool may_ask_for_resource(std::string_view resource) const;

  // Exact comparison; for loopback IP literals (RFC 8252 section 7.3) any port.
  bool may_redirect_to(std::string_view uri) const;
  bool may_redirect_after_logout_to(std::string_view uri) const;
};

// Whether a client may be registered like that: redirect URIs (protocol/redirect_uri.h), words of its scopes, a secret
// if and only if it is confidential, grants that go with its kind. Fails: invalid_argument with the reason.
Status check_client(const Client& client);

}  // namespace latchkey::identity
