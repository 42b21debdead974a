#include "bindings/c/handles.h"
#include "protocol/json_writer.h"

namespace latchkey::c {
namespace {

using vault::SlotStatus;
using vault::State;
using vault::VaultStatus;

std::int32_t from_state(State state) {
  switch (state) {
    case State::fresh:
      return LK_STATE_FRESH;
    case State::locked:
      return LK_STATE_LOCKED;
    case State::unlocked:
      return LK_STATE_UNLOCKED;
    case State::restored_elsewhere:
      return LK_STATE_RESTORED_ELSEWHERE;
    case State::invalidated:
      return LK_STATE_INVALIDATED;
    case State::temporarily_unavailable:
      return LK_STATE_TEMPORARILY_UNAVAILABLE;
    case State::corrupted:
      return LK_STATE_CORRUPTED;
  }
  return LK_STATE_CORRUPTED;
}

bool is_there(const VaultStatus& status) { return !status.slots.empty(); }

lk_slot from_slot(const SlotStatus& slot) {
  lk_slot made{};
  made.id = slot.id;
  made.kind = static_cast<std::int32_t>(slot.kind);
  made.level = static_cast<std::int32_t>(slot.level);
  made.is_portable = slot.portability == vault::Portability::portable ? 1 : 0;
  made.created_at = to_unix_millis(slot.created_at);
  made.problem = slot.problem ? static_cast<std::int32_t>(slot.problem->code) : std::int32_t{LK_OK};
  made.wait = slot.wait.count();
  made.failed_attempts = slot.failed_attempts;
  made.label = slot.label.c_str();
  return made;
}

void print_slot(protocol::json::Writer& json, const SlotStatus& slot) {
  json.begin_object()
      .member("id", slot.id)
      .member("kind", name_of(slot.kind))
      .member("label", std::string_view(slot.label))
      .member("level", name_of(slot.level))
      .member("portable", slot.portability == vault::Portability::portable)
      .member("created_at_ms", to_unix_millis(slot.created_at));
  if (slot.problem) json.member("problem", latchkey::name_of(slot.problem->code));
  json.member("wait_ms", slot.wait.count()).member("failed_attempts", slot.failed_attempts).end_object();
}

void print_policy(protocol::json::Writer& json, const vault::LockPolicy& policy) {
  const bool is_wiping = policy.after_attempts == vault::AfterAttempts::wipe;
  json.begin_object()
      .member("lock_after_idle_ms", policy.lock_after_idle.count())
      .member("lock_after_backgrounded_ms", policy.lock_after_backgrounded.count())
      .member("maximum_unlocked_time_ms", policy.maximum_unlocked_time.count())
      .member("reauthenticate_after_ms", policy.reauthenticate_after.count())
      .member("rotate_after_ms", policy.rotate_after.count())
      .member("lock_on_screen_off", policy.lock_on_screen_off)
      .member("maximum_attempts", policy.maximum_attempts)
      .member("after_attempts", std::string_view(is_wiping ? "wipe" : "delay"))
      .end_object();
}

void print_checkpoint(protocol::json::Writer& json, const vault::CheckpointStatus& checkpoint) {
  json.key("checkpoint")
      .begin_object()
      .member("server", checkpoint.place.server)
      .member("rule", name_of(checkpoint.place.rule))
      .member("verified", checkpoint.is_verified)
      .member("behind", checkpoint.is_behind);
  if (checkpoint.problem) json.member("problem", latchkey::name_of(checkpoint.problem->code));
  json.end_object();
}

void print_details(protocol::json::Writer& json, const VaultStatus& status) {
  json.member("id", std::string_view(to_hex(status.id)))
      .member("other_device", status.is_other_device)
      .member("anchored", status.is_anchored)
      .member("generation", status.generation)
      .member("level", name_of(status.level))
      .member("type", name_of(status.protection.type))
      .member("device_security", name_of(status.protection.device_security))
      .member("key_bound", status.is_key_bound)
      .member("unlocked_by", status.unlocked_by)
      .member("record_count", status.record_count)
      .member("rotated_at_ms", to_unix_millis(status.rotated_at))
      .member("rotation_due", status.is_rotation_due)
      .member("left_keys", status.left_keys);
  if (status.checkpoint) print_checkpoint(json, *status.checkpoint);
  json.key("policy");
  print_policy(json, status.policy);
  json.key("slots").begin_array();
  for (const SlotStatus& slot : status.slots) print_slot(json, slot);
  json.end_array();
}

std::string print_status(const VaultStatus& status) {
  std::string text;
  protocol::json::Writer json(text);
  json.begin_object().member("state", name_of(status.state));
  if (is_there(status)) print_details(json, status);
  json.end_object();
  return text;
}

}  // namespace
}  // namespace latchkey::c

using namespace latchkey;

int32_t lk_vault_status(lk_vault* vault, lk_status** status) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(status == nullptr, "status"));
    TRY(auto seen, opened.status());
    *status = new lk_status{std::move(seen)};
    return {};
  });
}

void lk_status_free(lk_status* status) { delete status; }

int32_t lk_status_state(const lk_status* status) {
  return status == nullptr ? std::int32_t{LK_STATE_TEMPORARILY_UNAVAILABLE} : c::from_state(status->status.state);
}
int32_t lk_status_level(const lk_status* status) {
  return status == nullptr || !c::is_there(status->status) ? 0 : static_cast<std::int32_t>(status->status.level);
}
int32_t lk_status_is_other_device(const lk_status* status) {
  return status != nullptr && status->status.is_other_device ? 1 : 0;
}
int32_t lk_status_is_rotation_due(const lk_status* status) {
  return status != nullptr && status->status.is_rotation_due ? 1 : 0;
}
size_t lk_status_left_keys(const lk_status* status) { return status == nullptr ? 0 : status->status.left_keys; }
int32_t lk_status_is_anchored(const lk_status* status) {
  return status != nullptr && status->status.is_anchored ? 1 : 0;
}
int32_t lk_status_id(const lk_status* status, uint8_t id[LK_ID_SIZE]) {
  return c::answer([&]() -> Status {
    TRY_DO(c::refuse_null(status == nullptr || id == nullptr, "status"));
    if (!c::is_there(status->status)) return fail(Code::not_found, "vault");
    static_assert(std::tuple_size_v<vault::VaultId> == LK_ID_SIZE);
    std::ranges::copy(status->status.id, id);
    return {};
  });
}
uint32_t lk_status_generation(const lk_status* status) {
  return status == nullptr || !c::is_there(status->status) ? 0 : status->status.generation;
}
int64_t lk_status_rotated_at(const lk_status* status) {
  return status == nullptr || !c::is_there(status->status) ? 0 : to_unix_millis(status->status.rotated_at);
}
int32_t lk_status_record_count(const lk_status* status, uint64_t* count) {
  return c::answer([&]() -> Status {
    TRY_DO(c::refuse_null(status == nullptr || count == nullptr, "status"));
    if (!c::is_there(status->status)) return fail(Code::not_found, "vault");
    if (!status->status.record_count) return fail(Code::vault_locked, "record count");
    *count = *status->status.record_count;
    return {};
  });
}
uint32_t lk_status_unlocked_by(const lk_status* status) {
  return status == nullptr ? LK_ANY_SLOT : status->status.unlocked_by.value_or(LK_ANY_SLOT);
}
size_t lk_status_slot_count(const lk_status* status) { return status == nullptr ? 0 : status->status.slots.size(); }

int32_t lk_status_slot(const lk_status* status, size_t index, lk_slot* slot) {
  return c::answer([&]() -> Status {
    TRY_DO(c::refuse_null(status == nullptr, "status"));
    if (index >= status->status.slots.size()) return fail(Code::not_found, "slot");
    return c::write_struct(slot, c::from_slot(status->status.slots[index]));
  });
}

int32_t lk_status_protection(const lk_status* status, lk_protection* protection) {
  return c::answer([&]() -> Status {
    TRY_DO(c::refuse_null(status == nullptr, "status"));
    return c::write_struct(protection, c::from_protection(status->status.protection));
  });
}
int32_t lk_status_presence(const lk_status* status) {
  if (status == nullptr || !status->status.presence) return LK_PRESENCE_NONE;
  return static_cast<std::int32_t>(*status->status.presence);
}
int32_t lk_status_is_key_bound(const lk_status* status) {
  return status != nullptr && status->status.is_key_bound ? 1 : 0;
}

int32_t lk_status_policy(const lk_status* status, lk_policy* policy) {
  return c::answer([&]() -> Status {
    TRY_DO(c::refuse_null(status == nullptr, "status"));
    return c::write_struct(policy, c::from_policy(status->status.policy));
  });
}

int32_t lk_status_checkpoint(const lk_status* status, lk_checkpoint_status* checkpoint) {
  return c::answer([&]() -> Status {
    TRY_DO(c::refuse_null(status == nullptr, "status"));
    if (!status->status.checkpoint) return fail(Code::not_found, "checkpoint");
    const vault::CheckpointStatus& known = *status->status.checkpoint;
    lk_checkpoint_status made{};
    made.server = known.place.server.c_str();
    made.rule = static_cast<std::int32_t>(known.place.rule);
    made.is_verified = known.is_verified ? 1 : 0;
    made.is_behind = known.is_behind ? 1 : 0;
    made.problem = known.problem ? static_cast<std::int32_t>(known.problem->code) : std::int32_t{LK_OK};
    return c::write_struct(checkpoint, made);
  });
}

int32_t lk_status_json(const lk_status* status, char* buffer, size_t capacity, size_t* size) {
  return c::answer([&]() -> Status {
    TRY_DO(c::refuse_null(status == nullptr, "status"));
    return c::copy_text(c::print_status(status->status), buffer, capacity, size);
  });
}
