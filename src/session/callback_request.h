// Reads the one HTTP request the loopback listener waits for. Pure; everything unexpected is refused.
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/wiping.h"

namespace latchkey::session {

inline constexpr std::string_view callback_path = "/callback";

// The query, without '?' and still encoded. `head` ends with the empty line. `host` is what the one Host field must say
// ("127.0.0.1:4711"): a name that was rebound to this address does not pass. Where the browser tells (Sec-Fetch-*),
// only a navigation of the whole window passes. Fails: invalid_request, not_found (another path), access_denied
// (another host, or not a navigation).
Result<WipedString> parse_callback_request(std::string_view head, std::string_view host);

}  // namespace latchkey::session
