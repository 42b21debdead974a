#include "bindings/c/handles.h"
#include "vault/unlock_in_turn.h"

using namespace latchkey;

int32_t lk_vault_unlock(lk_vault* vault, const lk_prompt* prompt, uint32_t slot) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY(const auto asking, c::to_prompt(prompt));
    return opened.unlock(asking, c::to_slot(slot));
  });
}

int32_t lk_vault_unlock_in_turn(lk_vault* vault, const lk_prompt* prompt, uint32_t slot, int64_t patience) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    if (patience < 0) return fail(Code::invalid_argument, "patience");
    TRY(const auto asking, c::to_prompt(prompt));
    vault::UnlockTurn turn{.slot = c::to_slot(slot)};
    if (vault->file.empty()) return opened.unlock(asking, turn.slot);  // in memory: there are no others
    if (patience != 0) turn.patience = std::chrono::milliseconds(patience);
    return vault::unlock_in_turn(opened, vault->file, asking, turn);
  });
}

int32_t lk_vault_unlock_shared(lk_vault* vault) {
  return c::with_vault(vault, [](vault::Vault& opened) { return opened.unlock_shared(); });
}

int32_t lk_vault_accept_rollback(lk_vault* vault, const lk_prompt* prompt, uint32_t slot) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY(const auto asking, c::to_prompt(prompt));
    return opened.accept_rollback(asking, c::to_slot(slot));
  });
}

int32_t lk_vault_lock(lk_vault* vault, int32_t reason) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    if (reason < LK_LOCK_MANUAL || reason > LK_LOCK_DESTROYED) return fail(Code::invalid_argument, "reason");
    opened.lock(static_cast<vault::LockReason>(reason));
    return {};
  });
}

int32_t lk_vault_is_locked(lk_vault* vault) {
  bool is_locked = true;
  c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    is_locked = opened.is_locked();
    return {};
  });
  return is_locked ? 1 : 0;
}

int32_t lk_vault_check_slot(lk_vault* vault, const lk_prompt* prompt, uint32_t slot) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY(const auto asking, c::to_prompt(prompt));
    return opened.check_slot(slot, asking);
  });
}

int32_t lk_vault_authenticate(lk_vault* vault, const lk_prompt* prompt, uint32_t slot) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY(const auto asking, c::to_prompt(prompt));
    return opened.authenticate(asking, c::to_slot(slot));
  });
}

int32_t lk_vault_set_policy(lk_vault* vault, const lk_policy* policy) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(policy == nullptr, "policy"));
    TRY(const auto wanted, c::to_policy(policy));
    return opened.set_policy(wanted);
  });
}

int32_t lk_vault_enforce_policy(lk_vault* vault, int64_t* next) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(next == nullptr, "next"));
    const auto due = opened.enforce_policy();
    *next = due ? due->count() : -1;
    return {};
  });
}

int32_t lk_vault_start_lock_timer(lk_vault* vault) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    const std::lock_guard hold(vault->timer_mutex);
    if (!vault->timer) vault->timer = std::make_unique<vault::LockTimer>(opened);
    return {};
  });
}

int32_t lk_vault_note_backgrounded(lk_vault* vault) {
  return c::with_vault(vault, [](vault::Vault& opened) -> Status {
    opened.note_backgrounded();
    return {};
  });
}

int32_t lk_vault_note_foregrounded(lk_vault* vault) {
  return c::with_vault(vault, [](vault::Vault& opened) -> Status {
    opened.note_foregrounded();
    return {};
  });
}

int32_t lk_vault_note_screen_locked(lk_vault* vault) {
  return c::with_vault(vault, [](vault::Vault& opened) -> Status {
    opened.note_screen_locked();
    return {};
  });
}

int32_t lk_vault_observe(lk_vault* vault, const lk_observing* observing, lk_observer** observer) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(observing == nullptr || observer == nullptr, "observer"));
    TRY(const lk_observing wanted, c::read_struct(observing));
    vault::VaultObserver calls;
    if (wanted.on_lock != nullptr)
      calls.on_lock = [wanted](const vault::LockedEvent& event) {
        wanted.on_lock(wanted.user_data, static_cast<std::int32_t>(event.reason));
      };
    if (wanted.on_unlock != nullptr)
      calls.on_unlock = [wanted](const vault::UnlockedEvent& event) {
        wanted.on_unlock(wanted.user_data, event.slot, static_cast<std::int32_t>(event.kind));
      };
    if (wanted.on_config_changed != nullptr)
      calls.on_config_changed = [wanted](const vault::ConfigChangedEvent& event) {
        const lk_protection protection = c::from_protection(event.protection);
        wanted.on_config_changed(wanted.user_data, &protection);
      };
    if (wanted.on_checkpoint != nullptr)
      calls.on_checkpoint = [wanted](const vault::CheckpointEvent& event) {
        wanted.on_checkpoint(wanted.user_data, event.problem ? static_cast<std::int32_t>(event.problem->code) : LK_OK);
      };
    *observer = new lk_observer{opened.observe(std::move(calls))};
    return {};
  });
}

void lk_observer_free(lk_observer* observer) { delete observer; }

int32_t lk_vault_watch(lk_vault* vault, void (*on_change)(void* user_data), void* user_data, lk_watch** watch) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(on_change == nullptr || watch == nullptr, "watch"));
    if (vault->file.empty()) return fail(Code::unsupported, "in memory");
    auto handle = std::make_unique<lk_watch>();
    TRY(handle->watch,
        vault::ChangeWatch::start(opened, vault->file, [on_change, user_data] { on_change(user_data); }));
    *watch = handle.release();
    return {};
  });
}

void lk_watch_free(lk_watch* watch) { delete watch; }

int32_t lk_vault_add_slot(lk_vault* vault, const lk_slot_request* request, const lk_prompt* prompt, uint32_t* slot) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(request == nullptr || slot == nullptr, "slot"));
    TRY(const auto wanted, c::to_slot_request(*request));
    TRY(const auto asking, c::to_prompt(prompt));
    TRY(*slot, opened.add_slot(wanted, asking));
    return {};
  });
}

int32_t lk_vault_remove_slot(lk_vault* vault, uint32_t slot) {
  return c::with_vault(vault, [&](vault::Vault& opened) { return opened.remove_slot(slot); });
}

int32_t lk_vault_rewrap_slot(lk_vault* vault, uint32_t slot, const lk_prompt* prompt) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY(const auto asking, c::to_prompt(prompt));
    return opened.rewrap_slot(slot, asking);
  });
}

int32_t lk_vault_remove_left_keys(lk_vault* vault, size_t* left) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY(const std::size_t found, opened.remove_left_keys());
    if (left != nullptr) *left = found;
    return {};
  });
}

int32_t lk_vault_update_config(lk_vault* vault, const lk_config* config, const lk_prompt* prompt) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY(const lk_config given, c::read_struct(config));
    TRY_DO(c::refuse_null(given.kept_slots == nullptr && given.kept_slot_count != 0, "kept_slots"));
    vault::VaultConfig wanted;
    TRY(wanted.protection, c::to_protection(given.protection));
    TRY(wanted.new_slots, c::to_slot_requests(given.new_slots, given.new_slot_count));
    for (std::size_t i = 0; i < given.kept_slot_count; ++i) wanted.kept_slots.push_back(given.kept_slots[i]);
    TRY(const auto asking, c::to_prompt(prompt));
    return opened.update_config(wanted, asking);
  });
}
