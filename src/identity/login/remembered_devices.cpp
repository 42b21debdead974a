#include "identity/login/remembered_devices.h"

#include "base/base64url.h"
#include "crypto/digest.h"
#include "crypto/random.h"

namespace latchkey::identity {

namespace {
constexpr std::chrono::days device_lifetime{180};
}

Result<WipedString> remember_device(sql::Transaction& tx, const UserId& user, Instant now) {
  ByteArray<32> secret{};
  crypto::fill_random_private(secret);
  WipedString cookie = to_wiped_base64url(secret);
  const auto hash = crypto::sha256(secret);
  secure_wipe(secret);
  TRY_DO(tx.execute("INSERT INTO remembered_devices (device_hash, user_id, created_at) VALUES ($1, $2, $3)", hash, user,
                    now));
  return cookie;
}

Result<std::optional<ByteArray<32>>> find_device(sql::Transaction& tx, std::string_view cookie, const UserId& user,
                                                 Instant now) {
  ByteArray<32> bytes{};
  if (cookie.size() != 43 || !parse_base64url_into(cookie, bytes)) return std::nullopt;
  const ByteArray<32> hash = crypto::sha256(bytes);
  TRY(const sql::Rows rows,
      tx.query("SELECT 1 FROM remembered_devices WHERE device_hash = $1 AND user_id = $2 AND created_at > $3", hash,
               user, now - device_lifetime));
  if (rows.is_empty()) return std::nullopt;
  return hash;
}

Status forget_device(sql::Transaction& tx, const ByteArray<32>& device) {
  TRY_DO(tx.execute("DELETE FROM remembered_devices WHERE device_hash = $1", device));
  return {};
}

Status forget_devices_of(sql::Transaction& tx, const UserId& user) {
  TRY_DO(tx.execute("DELETE FROM remembered_devices WHERE user_id = $1", user));
  return {};
}

Status drop_old_devices(sql::Transaction& tx, Instant now) {
  TRY_DO(tx.execute("DELETE FROM remembered_devices WHERE created_at <= $1", now - device_lifetime));
  return {};
}

}  // namespace latchkey::identity
