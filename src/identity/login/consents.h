// What users allowed apps of others to do. First-party clients are never asked about.
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "identity/ids.h"
#include "protocol/oauth/scope.h"
#include "sql/database.h"

namespace latchkey::identity {

// True when everything in `scope` was allowed before.
Result<bool> has_consent(sql::Transaction& tx, const UserId& user, const ClientId& client,
                         const protocol::oauth::Scope& scope);
// Adds to what was allowed before.
Status store_consent(sql::Transaction& tx, const UserId& user, const ClientId& client,
                     const protocol::oauth::Scope& scope, Instant now);

}  // namespace latchkey::identity
