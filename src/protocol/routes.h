// The paths of the identity server's endpoints: written by the router, printed in the metadata.
#pragma once

#include <string_view>

namespace latchkey::protocol::routes {

// RFC 8414 section 3 and OpenID Connect Discovery: one document under both names.
inline constexpr std::string_view openid_configuration = "/.well-known/openid-configuration";
inline constexpr std::string_view oauth_metadata = "/.well-known/oauth-authorization-server";
inline constexpr std::string_view jwks = "/jwks";

inline constexpr std::string_view authorize = "/authorize";
inline constexpr std::string_view token = "/token";
inline constexpr std::string_view revoke = "/revoke";
inline constexpr std::string_view introspect = "/introspect";
inline constexpr std::string_view userinfo = "/userinfo";
// Which status lists there are, and the lists by number: "/status-lists/0".
inline constexpr std::string_view status_lists = "/status-lists";
inline constexpr std::string_view status_list = "/status-lists/{number}";
inline constexpr std::string_view end_session = "/end-session";

// Pages of the sign-in, for people. The bare address leads to the account.
inline constexpr std::string_view home = "/";
inline constexpr std::string_view sign_in = "/sign-in";
inline constexpr std::string_view consent = "/consent";
inline constexpr std::string_view invite = "/invite";
inline constexpr std::string_view account = "/account";
inline constexpr std::string_view account_password = "/account/password";
inline constexpr std::string_view account_end_session = "/account/end-session";
inline constexpr std::string_view account_sign_out_everywhere = "/account/sign-out-everywhere";
inline constexpr std::string_view style_sheet = "/assets/style.css";

// The signed-in user's security events, for the app that holds their access token.
inline constexpr std::string_view events = "/v1/events";

// How far one of the user's vaults has come, for the app that keeps it: protocol/vault_checkpoint.h.
inline constexpr std::string_view vault_checkpoint = "/v1/vaults/{id}/checkpoint";

// For load balancers: 200 while the server takes requests, 503 while it drains.
inline constexpr std::string_view health = "/health";

}  // namespace latchkey::protocol::routes
