// The keys of refresh-token tags as rows: sealed, numbered, made on the first start.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "identity/tokens/key_encryption.h"
#include "identity/tokens/refresh_token.h"
#include "sql/database.h"

namespace latchkey::identity {

// Fails: storage_failed, authentication_failed (another key-encryption key sealed them).
Result<RefreshTokenKeys> load_refresh_token_keys(sql::Database& db, const KeyEncryption& encryption, Instant now);

// Tokens issued from now on use a new key; those out there keep working. For when a key may have leaked together with
// the database. Other servers learn it when they start. Fails: input_too_large after 255 keys.
Status add_refresh_token_key(sql::Database& db, const KeyEncryption& encryption, Instant now);

}  // namespace latchkey::identity
