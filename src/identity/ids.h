// The names identity gives to things, each a type of its own. All are opaque text, safe in URLs, logs and JWT claims.
#pragma once

#include "base/strong.h"

namespace latchkey::identity {

using UserId = Strong<struct UserIdTag>;        // `sub`: 16 random bytes in base64url, never reused
using ClientId = Strong<struct ClientIdTag>;    // `client_id`
using SessionId = Strong<struct SessionIdTag>;  // `sid`: names one browser session; knowing it opens nothing

}  // namespace latchkey::identity
