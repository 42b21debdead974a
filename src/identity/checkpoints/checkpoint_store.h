// How far the vaults of a user have come: one number for each vault, which only grows. A device compares its file with
// it, to notice an older copy of the whole file (docs/decisions/0009).
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "base/time.h"
#include "identity/ids.h"
#include "protocol/vault_checkpoint.h"
#include "sql/database.h"

namespace latchkey::identity {

// Whose: no other app of the same user reads or moves it.
struct CheckpointOwner {
  UserId user;
  ClientId client;
};

enum class CheckpointOutcome {
  stored,
  not_above,      // the stored counter is that or higher
  already_there,  // it was to be made
  missing,        // it was to be moved
  too_many,       // limits::checkpoints, each in use
  too_often,      // limits::checkpoint_changes
};
struct CheckpointChange {
  CheckpointOutcome outcome;
  std::int64_t counter = 0;          // what is stored now; 0: nothing
  std::chrono::milliseconds wait{};  // too_often: until the next may come
};

Result<std::optional<std::int64_t>> find_checkpoint(sql::Transaction& tx, const CheckpointOwner& owner,
                                                    const protocol::CheckpointVaultId& vault);
// A first one. Fails as Transaction::execute only; so do the next two.
Result<CheckpointChange> make_checkpoint(sql::Transaction& tx, const CheckpointOwner& owner,
                                         const protocol::CheckpointVaultId& vault, std::int64_t counter, Instant now);
// Compare-and-set in one statement: to `counter` if that is above what is stored.
Result<CheckpointChange> move_checkpoint(sql::Transaction& tx, const CheckpointOwner& owner,
                                         const protocol::CheckpointVaultId& vault, std::int64_t counter, Instant now);
// stored (also when there was none), or too_often.
Result<CheckpointChange> drop_checkpoint(sql::Transaction& tx, const CheckpointOwner& owner,
                                         const protocol::CheckpointVaultId& vault, Instant now);

}  // namespace latchkey::identity
