/* Unlocking and locking a vault, and who is told of it. */
#ifndef LATCHKEY_LOCKING_H
#define LATCHKEY_LOCKING_H

#include "latchkey_life.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lk_observer lk_observer;
typedef struct lk_watch lk_watch;
typedef struct lk_desktop_lock lk_desktop_lock;

enum lk_lock_reason {
  LK_LOCK_MANUAL = 0,
  LK_LOCK_IDLE = 1,
  LK_LOCK_MAXIMUM_UNLOCKED_TIME = 2,
  LK_LOCK_BACKGROUND = 3,
  LK_LOCK_SCREEN_OFF = 4,
  LK_LOCK_FAILED_ATTEMPTS = 5,
  LK_LOCK_OTHER_PROCESS = 6,
  LK_LOCK_DESTROYED = 7,
  LK_LOCK_ROLLED_BACK = 8
};
#define LK_ANY_SLOT 0u

/* Opens one slot or the first usable one, those of the device first. Unlocked already is LK_OK. Fails:
 * LK_WRONG_PASSCODE, LK_LOCKED_OUT (detail: seconds), LK_VAULT_RESTORED_ELSEWHERE, LK_VAULT_ROLLED_BACK,
 * LK_KEY_MISSING, LK_KEY_INVALIDATED, LK_USER_CANCELLED, LK_CANCELLED, LK_NOT_FOUND (no such slot). */
LK_API int32_t lk_vault_unlock(lk_vault* vault, const lk_prompt* prompt, uint32_t slot);
/* The same as one of several processes: they take turns, so that attempts do not lock each other out and a user is
 * asked once. `patience`: how long the others may take; 0: a minute. Slots that the session shares are tried first.
 * Fails also: LK_BUSY (patience is over). */
LK_API int32_t lk_vault_unlock_in_turn(lk_vault* vault, const lk_prompt* prompt, uint32_t slot, int64_t patience);
/* Through a slot that this login session shares (kernel keyring), asking nobody. Fails: LK_KEY_MISSING when there is
 * none any more. */
LK_API int32_t lk_vault_unlock_shared(lk_vault* vault);
/* After LK_VAULT_ROLLED_BACK, or when the anchor's device was cleared: takes the file as it is and unlocks it. Only
 * when the user has said so. */
LK_API int32_t lk_vault_accept_rollback(lk_vault* vault, const lk_prompt* prompt, uint32_t slot);
LK_API int32_t lk_vault_lock(lk_vault* vault, int32_t reason); /* enum lk_lock_reason, for the observers */
LK_API int32_t lk_vault_is_locked(lk_vault* vault);            /* 1 or 0 */
/* Tries a slot without changing the vault's state; counts as an attempt. */
LK_API int32_t lk_vault_check_slot(lk_vault* vault, const lk_prompt* prompt, uint32_t slot);
/* The user proves to be there; then records that ask every time can be read, as the policy says. */
LK_API int32_t lk_vault_authenticate(lk_vault* vault, const lk_prompt* prompt, uint32_t slot);
LK_API int32_t lk_vault_set_policy(lk_vault* vault, const lk_policy* policy);
/* Locks if the policy says so; *next: how long until it may again, -1: never by itself. For an event loop. */
LK_API int32_t lk_vault_enforce_policy(lk_vault* vault, int64_t* next);
/* A thread that does so, until the vault is closed. */
LK_API int32_t lk_vault_start_lock_timer(lk_vault* vault);
LK_API int32_t lk_vault_note_backgrounded(lk_vault* vault);
LK_API int32_t lk_vault_note_foregrounded(lk_vault* vault);

/* The screen was locked, or the machine goes to sleep: locks if the policy says so, else as backgrounded. */
LK_API int32_t lk_vault_note_screen_locked(lk_vault* vault);

typedef struct lk_observing {
  size_t struct_size;
  void* user_data;
  void (*on_lock)(void* user_data, int32_t reason);
  void (*on_unlock)(void* user_data, uint32_t slot, int32_t slot_kind);
  void (*on_config_changed)(void* user_data, const lk_protection* protection);
  /* A step of the vault's own thread ended, on that thread: LK_OK, its store knows of the writes before it; else why
   * not, and the step comes again. lk_status_checkpoint() tells the rest. */
  void (*on_checkpoint)(void* user_data, int32_t problem);
} lk_observing;
/* Called until the observer is freed; a call that another thread has begun then may still come to its end. */
LK_API int32_t lk_vault_observe(lk_vault* vault, const lk_observing* observing, lk_observer** observer);
LK_API void lk_observer_free(lk_observer* observer);

/* A thread that tells of changes by other processes, once for any number since the last time: read again what matters.
 * `on_change` runs on that thread and may use the vault; while the vault is locked it is not called. */
LK_API int32_t lk_vault_watch(lk_vault* vault, void (*on_change)(void* user_data), void* user_data, lk_watch** watch);
/* Ends and joins the thread: before lk_vault_close(), and not from on_change. */
LK_API void lk_watch_free(lk_watch* watch);

/* A thread that locks the vault when the desktop's screen is locked or the machine goes to sleep, as logind tells it.
 * LK_TEMPORARILY_UNAVAILABLE: no logind here; call lk_vault_note_screen_locked() yourself. */
LK_API int32_t lk_vault_watch_desktop(lk_vault* vault, lk_desktop_lock** lock);
/* Ends and joins the thread: before lk_vault_close(). */
LK_API void lk_desktop_lock_free(lk_desktop_lock* lock);

#ifdef __cplusplus
}
#endif

#endif
