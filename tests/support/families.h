// Token families for tests: a user, a family, and refreshes by hand.
#pragma once

#include <string>

#include "crypto/random.h"
#include "identity/accounts/account_store.h"
#include "identity/schema.h"
#include "identity/tokens/family_store.h"
#include "identity/tokens/refresh_rotation.h"
#include "sql/migrations.h"

namespace latchkey::tests {

inline const Instant start = from_unix_seconds(1'700'000'000);

inline identity::RefreshTokenKeys refresh_token_keys() {
  identity::RefreshTokenKeys keys;
  ByteArray<32> key;
  key.fill(0x5a);
  keys.add(1, key);
  return keys;
}

// The schema with one active user.
inline Result<identity::UserId> prepare(sql::Database& db, Instant now = start) {
  TRY_DO(sql::migrate(db, identity::schema()));
  auto work = [&](sql::Transaction& tx) { return create_account(tx, "alice", identity::Role::user, now); };
  TRY(const auto account, db.write(work).get());
  return account.id;
}

inline identity::Family make_family(const identity::UserId& user, std::string key_thumbprint = "",
                                    Instant now = start) {
  identity::Family family;
  family.id = crypto::random_array<16>();
  family.salt = crypto::random_array<16>();
  family.session = identity::SessionId("sid-1");
  family.user = user;
  family.client = identity::ClientId("app");
  family.key_thumbprint = std::move(key_thumbprint);
  family.scope = "openid profile";
  family.authenticated_at = family.created_at = family.rotated_at = family.issued_at = now;
  family.idle_expires_at = now + std::chrono::days(30);
  family.absolute_expires_at = now + std::chrono::days(180);
  return family;
}

}  // namespace latchkey::tests
