#include "identity/tokens/refresh_token_keys.h"

#include "crypto/random.h"

namespace latchkey::identity {
namespace {

std::string label_of(std::int64_t key_id) { return "latchkey/refresh-key/" + std::to_string(key_id); }

Result<std::int64_t> newest_key(sql::Transaction& tx) {
  TRY(const sql::Rows rows, tx.query("SELECT COALESCE(MAX(key_id), 0) FROM refresh_keys"));
  return rows[0].get<std::int64_t>(0);
}

Status insert_key(sql::Transaction& tx, const KeyEncryption& encryption, std::int64_t key_id, Instant now) {
  if (key_id > 255) return fail(Code::input_too_large, "no refresh-token key numbers are left");
  const auto key = crypto::random_secret<struct RefreshKeyTag>(32);
  TRY(const auto sealed, encryption.seal(label_of(key_id), key.reveal()));
  TRY_DO(tx.execute("INSERT INTO refresh_keys (key_id, sealed, created_at) VALUES ($1, $2, $3)", key_id, sealed, now));
  return {};
}

}  // namespace

Result<RefreshTokenKeys> load_refresh_token_keys(sql::Database& db, const KeyEncryption& encryption, Instant now) {
  auto work = [&](sql::Transaction& tx) -> Result<sql::Rows> {
    TRY(const auto newest, newest_key(tx));
    if (newest == 0) TRY_DO(insert_key(tx, encryption, 1, now));
    return tx.query("SELECT key_id, sealed FROM refresh_keys ORDER BY key_id");
  };
  TRY(const sql::Rows rows, db.write(work).get());
  RefreshTokenKeys keys;
  for (const sql::Row row : rows) {
    TRY(const auto key_id, row.get<std::uint8_t>(0));
    TRY(const auto sealed, row.get<ByteView>(1));
    TRY(const auto key, encryption.unseal(label_of(key_id), sealed));
    keys.add(key_id, key);
  }
  return keys;
}

Status add_refresh_token_key(sql::Database& db, const KeyEncryption& encryption, Instant now) {
  auto work = [&](sql::Transaction& tx) -> Status {
    TRY(const auto newest, newest_key(tx));
    return insert_key(tx, encryption, newest + 1, now);
  };
  return db.write(work).get();
}

}  // namespace latchkey::identity
