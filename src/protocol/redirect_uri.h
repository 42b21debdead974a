// Which redirect URIs a client may register, and when a requested one equals a registered one: string for string
// (RFC 9700 section 4.1.3), except that a loopback address takes any port (RFC 8252 section 7.3).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace latchkey::protocol::uri {

// May `text` be registered? https with a host; http on a loopback host; or a private-use scheme with a dot in it
// ("com.example.app:/callback", RFC 8252 section 7.1). No fragment, no userinfo, no dot segments, no wildcard, no
// percent codes in host or path that hide '.', '/' or '\'. Fails: invalid_argument with the reason.
Status check_redirect_uri(std::string_view text);

// Exact, but for the port of a loopback address. "localhost" is a name and matches only itself, port included.
bool redirect_uri_matches(std::string_view registered, std::string_view requested);
bool redirect_uri_is_registered(std::span<const std::string> registered, std::string_view requested);

}  // namespace latchkey::protocol::uri
