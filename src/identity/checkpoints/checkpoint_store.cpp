#include "identity/checkpoints/checkpoint_store.h"

#include "crypto/digest.h"
#include "identity/login/attempt_buckets.h"

namespace latchkey::identity {
namespace {

namespace limits = protocol::limits;
using protocol::CheckpointVaultId;

constexpr BucketRate change_rate{limits::checkpoint_changes, limits::checkpoint_change_interval};

BucketKey change_bucket(const CheckpointOwner& owner) {
  Bytes name;
  append(name, as_bytes("latchkey/v1/vault-checkpoint-changes"));
  append_be(name, static_cast<std::uint32_t>(owner.user.value().size()));
  append(name, as_bytes(owner.user.value()));
  append(name, as_bytes(owner.client.value()));
  return crypto::sha256(name);
}

// Set: it comes too often.
Result<std::optional<CheckpointChange>> refuse_if_too_often(sql::Transaction& tx, const CheckpointOwner& owner,
                                                            Instant now) {
  TRY(const auto wait, take_attempt(tx, change_bucket(owner), change_rate, now));
  if (!wait) return std::optional<CheckpointChange>();
  return std::optional(CheckpointChange{CheckpointOutcome::too_often, 0, *wait});
}

// Whether there is room for one more; the one that was left alone longest goes for it, if that is long enough ago.
Result<bool> make_room(sql::Transaction& tx, const CheckpointOwner& owner, Instant now) {
  TRY(const sql::Rows rows, tx.query("SELECT COUNT(*) FROM vault_checkpoints WHERE user_id = $1 AND client_id = $2",
                                     owner.user, owner.client));
  if (rows.is_empty()) return fail(Code::storage_failed, "a count without a row");
  TRY(const std::int64_t count, rows[0].get<std::int64_t>(0));
  if (count < limits::checkpoints) return true;
  TRY(const std::int64_t gone,
      tx.execute("DELETE FROM vault_checkpoints WHERE user_id = $1 AND client_id = $2 AND vault_id = (SELECT vault_id "
                 "FROM vault_checkpoints WHERE user_id = $1 AND client_id = $2 AND changed_at <= $3 "
                 "ORDER BY changed_at, vault_id LIMIT 1)",
                 owner.user, owner.client, now - limits::checkpoint_idle));
  return gone == 1;
}

}  // namespace

Result<std::optional<std::int64_t>> find_checkpoint(sql::Transaction& tx, const CheckpointOwner& owner,
                                                    const CheckpointVaultId& vault) {
  TRY(const sql::Rows rows,
      tx.query("SELECT counter FROM vault_checkpoints WHERE user_id = $1 AND client_id = $2 AND vault_id = $3",
               owner.user, owner.client, vault));
  if (rows.is_empty()) return std::optional<std::int64_t>();
  TRY(const std::int64_t counter, rows[0].get<std::int64_t>(0));
  return std::optional(counter);
}

Result<CheckpointChange> make_checkpoint(sql::Transaction& tx, const CheckpointOwner& owner,
                                         const CheckpointVaultId& vault, std::int64_t counter, Instant now) {
  TRY(const auto refused, refuse_if_too_often(tx, owner, now));
  if (refused) return *refused;
  TRY(const auto there, find_checkpoint(tx, owner, vault));
  if (there) return CheckpointChange{CheckpointOutcome::already_there, *there};
  TRY(const bool has_room, make_room(tx, owner, now));
  if (!has_room) return CheckpointChange{CheckpointOutcome::too_many};
  TRY_DO(
      tx.execute("INSERT INTO vault_checkpoints (user_id, client_id, vault_id, counter, changed_at) "
                 "VALUES ($1, $2, $3, $4, $5)",
                 owner.user, owner.client, vault, counter, now));
  return CheckpointChange{CheckpointOutcome::stored, counter};
}

Result<CheckpointChange> move_checkpoint(sql::Transaction& tx, const CheckpointOwner& owner,
                                         const CheckpointVaultId& vault, std::int64_t counter, Instant now) {
  TRY(const auto refused, refuse_if_too_often(tx, owner, now));
  if (refused) return *refused;
  TRY(const std::int64_t moved,
      tx.execute("UPDATE vault_checkpoints SET counter = $4, changed_at = $5 WHERE user_id = $1 AND client_id = $2 AND "
                 "vault_id = $3 AND counter < $4",
                 owner.user, owner.client, vault, counter, now));
  if (moved == 1) return CheckpointChange{CheckpointOutcome::stored, counter};
  TRY(const auto there, find_checkpoint(tx, owner, vault));
  if (!there) return CheckpointChange{CheckpointOutcome::missing};
  return CheckpointChange{CheckpointOutcome::not_above, *there};
}

Result<CheckpointChange> drop_checkpoint(sql::Transaction& tx, const CheckpointOwner& owner,
                                         const CheckpointVaultId& vault, Instant now) {
  TRY(const auto refused, refuse_if_too_often(tx, owner, now));
  if (refused) return *refused;
  TRY_DO(tx.execute("DELETE FROM vault_checkpoints WHERE user_id = $1 AND client_id = $2 AND vault_id = $3", owner.user,
                    owner.client, vault));
  return CheckpointChange{CheckpointOutcome::stored};
}

}  // namespace latchkey::identity
