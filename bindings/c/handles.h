// What the handles of the C interface hold, and how its arguments become ours.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <stop_token>

#include "bindings/c/answers.h"
#include "vault/change_watch.h"
#include "vault/desktop_lock.h"
#include "vault/lock_timer.h"
#include "vault/vault.h"

struct lk_vault {
  latchkey::SystemClock clock;
  std::filesystem::path file;
  std::unique_ptr<latchkey::vault::Vault> vault;
  std::mutex timer_mutex;
  std::unique_ptr<latchkey::vault::LockTimer> timer;  // goes first
};
struct lk_status {
  latchkey::vault::VaultStatus status;
};
struct lk_records {
  std::vector<latchkey::vault::RecordInfo> records;
};
struct lk_batch {
  std::vector<latchkey::vault::Change> changes;
};
struct lk_read_window {
  latchkey::vault::ReadWindow window;
};
struct lk_observer {
  std::shared_ptr<const latchkey::vault::VaultObserver> observer;
};
struct lk_watch {
  std::unique_ptr<latchkey::vault::ChangeWatch> watch;
};
struct lk_desktop_lock {
  std::unique_ptr<latchkey::vault::DesktopLock> lock;
};
struct lk_cancel {
  std::stop_source source;
};
struct lk_checkpoint_call {
  const latchkey::vault::CheckpointCall& call;
};

namespace latchkey::c {

// Runs `work` on the vault behind the handle.
template <class Work>
std::int32_t with_vault(lk_vault* handle, Work&& work) noexcept {
  return answer([&]() -> Status {
    TRY_DO(refuse_null(handle == nullptr, "vault"));
    return work(*handle->vault);
  });
}

using AskSecret = std::function<std::int32_t(std::uint8_t*, std::size_t, std::size_t*)>;
// What the callback writes, by way of locked memory alone. Fails: what it answers, invalid_argument (a size beyond the
// buffer).
template <class SecretType>
Result<SecretType> ask_secret(const AskSecret& ask) {
  SecretType buffer = SecretType::zeroed(LK_MAX_PASSCODE_SIZE);
  std::size_t size = 0;
  const MutableBytes room = buffer.reveal_to_write();
  TRY_DO(status_of(ask(room.data(), room.size(), &size)));
  if (size > room.size()) return fail(Code::invalid_argument, "size");
  return SecretType::copy_of(buffer.reveal().first(size));
}

// What a vault there is made of; `file` becomes where it is. Fails: invalid_argument, unsupported.
Result<vault::VaultParts> make_parts(const lk_vault_options* where, const Clock& clock, std::filesystem::path& file);
// A store of the host's; null: none. Fails: invalid_argument.
Result<std::unique_ptr<vault::Checkpoints>> to_checkpoints(const lk_checkpoints* checkpoints);
vault::CheckpointPace to_checkpoint_pace(const lk_checkpoints* checkpoints);
// LK_CHECKPOINT_NONE: nothing. Fails: invalid_argument.
Result<std::optional<vault::CheckpointRule>> to_checkpoint_rule(std::int32_t rule);
inline std::stop_token to_stop_token(const lk_cancel* cancel) {
  return cancel == nullptr ? std::stop_token() : cancel->source.get_token();
}
// Null: nobody can be asked. What `prompt` points to outlives the call only.
Result<vault::Prompt> to_prompt(const lk_prompt* prompt);
Result<vault::SlotRequest> to_slot_request(const lk_slot_request& request);
Result<vault::LockPolicy> to_policy(const lk_policy* policy);
Result<vault::VaultProtection> to_protection(const lk_protection* protection);
lk_protection from_protection(const vault::VaultProtection& protection);
Result<std::vector<vault::SlotRequest>> to_slot_requests(const lk_slot_request* slots, std::size_t count);
Result<vault::RecordOptions> to_record_options(const lk_record_options* options);
lk_policy from_policy(const vault::LockPolicy& policy);
inline std::optional<std::uint32_t> to_slot(std::uint32_t slot) {
  return slot == LK_ANY_SLOT ? std::nullopt : std::optional(slot);
}
inline std::optional<Instant> to_expiry(std::int64_t millis) {
  return millis == 0 ? std::nullopt : std::optional(from_unix_millis(millis));
}

}  // namespace latchkey::c
