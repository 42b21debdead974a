/* The vault of Latchkey for C, and for every language that can call C. Shared library: liblatchkey. The user's presence and
 * what it signs: latchkey_presence.h.
 *
 * Answers. Every call that can fail answers int32_t: LK_OK or a code of latchkey_codes.h, the same as in C++.
 * lk_error_detail() tells more about the last failure of the calling thread. No call aborts for what it is given,
 * except that pointers must be valid: handles not freed yet, buffers as long as said. NULL is refused with
 * LK_INVALID_ARGUMENT wherever it is not allowed; every _free and _close takes NULL.
 *
 * Text is UTF-8 that ends with a zero byte. Sizes are bytes and do not count that byte. Times are milliseconds since
 * 1970-01-01T00:00:00Z, durations milliseconds; 0 means "none" where nothing else is said.
 *
 * Buffers are the caller's: a call gets (buffer, capacity, size), stores the size of the whole in *size, and copies if
 * it fits. If it does not, the answer is LK_BUFFER_TOO_SMALL and nothing is copied; buffer may be NULL when capacity is
 * 0. Text is copied with its zero byte, so it takes capacity > size. Secrets go into the caller's buffer and nowhere
 * else: wipe it with lk_wipe() when done.
 *
 * Structures begin with struct_size, so that they can grow: LK_INIT(&it), then set what matters.
 *
 * Threads. A vault may be used from any number of threads. Other handles are for one thread at a time.
 *
 * Callbacks run on the thread that made the call (observers: on the thread that caused the event), get user_data as it
 * was given, and must return; they must not leave by longjmp() or an exception. No lock that records need is held while
 * one runs, so it may use the vault's records. While the user is being asked (ask_passcode, show_recovery_code,
 * on_unlock) it must not ask again, change slots or destroy the vault: one prompt at a time. None may close the vault.
 * A callback that answers a code of latchkey_codes.h ends the call with it. */
#ifndef LATCHKEY_VAULT_H
#define LATCHKEY_VAULT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "latchkey_codes.h"

#if defined(__GNUC__)
#define LK_API __attribute__((visibility("default")))
#else
#define LK_API
#endif
#define LK_INIT(it) (memset((it), 0, sizeof *(it)), (void)((it)->struct_size = sizeof *(it)))

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lk_vault lk_vault;
typedef struct lk_status lk_status;           /* a snapshot */
typedef struct lk_records lk_records;         /* a snapshot of names and attributes, without values */
typedef struct lk_batch lk_batch;             /* changes that are made all or not at all */
typedef struct lk_read_window lk_read_window; /* one authentication for many reads */
typedef struct lk_observer lk_observer;
typedef struct lk_watch lk_watch;
typedef struct lk_desktop_lock lk_desktop_lock;
typedef struct lk_cancel lk_cancel; /* stops calls that wait */

/* ---- General ---------------------------------------------------------------------------------------------------- */

LK_API const char* lk_version(void);
LK_API const char* lk_code_name(int32_t code);     /* "vault_locked"; "unknown" */
LK_API const char* lk_code_sentence(int32_t code); /* what to do next, in English */
/* Of the last call of this thread that failed; empty when there is nothing to tell. Safe to log and to show. */
LK_API int32_t lk_error_detail(char* buffer, size_t capacity, size_t* size);
/* Overwrites with zeroes in a way no optimiser removes. */
LK_API void lk_wipe(void* bytes, size_t size);

LK_API lk_cancel* lk_cancel_new(void);            /* NULL: no memory */
LK_API void lk_cancel_request(lk_cancel* cancel); /* from any thread, for good */
LK_API void lk_cancel_free(lk_cancel* cancel);

/* ---- What the user is asked --------------------------------------------------------------------------------------*/

enum lk_ask {
  LK_ASK_ENTER = 0,
  LK_ASK_CHOOSE_NEW = 1,
  LK_ASK_DEVICE_PASSWORD = 2 /* what the user signs in to this machine with; not the vault's */
};
#define LK_MAX_PASSCODE_SIZE 1024

typedef struct lk_prompt {
  size_t struct_size;
  const char* reason; /* for dialogs of the system; from the app, never from remote content */
  void* user_data;
  /* Writes the passcode, PIN or recovery code (a slot's kind decides which) into `buffer`, which is memory that is
   * never swapped and is wiped after use, and its size into *size. LK_USER_CANCELLED when the user will not. NULL:
   * nobody can be asked. */
  int32_t (*ask_passcode)(void* user_data, int32_t ask, uint8_t* buffer, size_t capacity, size_t* size);
  /* Shows a new recovery code, once; returns when the user has written it down. The text is wiped afterwards. */
  int32_t (*show_recovery_code)(void* user_data, const char* code, size_t size);
  int64_t timeout; /* 0: 30 seconds */
  const lk_cancel* cancel;
} lk_prompt;

/* ---- Where a vault is, and what it is made of ------------------------------------------------------------------- */

/* As in the file format and as names in JSON (docs/formats/vault-v1.md). */
enum lk_slot_kind {
  LK_SLOT_PASSCODE = 1,
  LK_SLOT_SECRET_SERVICE = 2,
  LK_SLOT_TPM2 = 3,
  LK_SLOT_PKCS11 = 4,
  LK_SLOT_RECOVERY_CODE = 5,
  LK_SLOT_KERNEL_KEYRING = 6
};
enum lk_level { LK_LEVEL_SOFTWARE = 1, LK_LEVEL_TRUSTED_HARDWARE = 2, LK_LEVEL_SEPARATE_HARDWARE = 3 };

typedef struct lk_vault_options {
  size_t struct_size;
  const char* file; /* NULL: the user's own vault, $XDG_DATA_HOME/latchkey/default.vault */
  /* How new slots are made; opening one uses only tpm2_tcti and pkcs11_module. */
  const char* tpm2_tcti;     /* NULL: the machine's TPM */
  int32_t tpm2_without_pin;  /* not 0: the TPM slot asks nobody */
  uint32_t tpm2_pcrs;        /* bit n: PCR n, 0 to 23 */
  const char* pkcs11_module; /* absolute; NULL: no such slots */
  const char* pkcs11_token;  /* label */
  /* A token gives up a slot's key only for its PIN (lk_vault_remove_slot, lk_vault_destroy); as lk_prompt.ask_passcode.
   * NULL: the key is left behind. */
  int32_t (*ask_pin_to_forget)(void* user_data, uint8_t* buffer, size_t capacity, size_t* size);
  void* user_data;
  int64_t kernel_keyring_timeout; /* 0: 15 minutes */
  int32_t kernel_keyring_of_user; /* not 0: shared by all sessions of the user */
} lk_vault_options;

enum lk_after_attempts { LK_ATTEMPTS_DELAY = 0, LK_ATTEMPTS_WIPE = 1 };

/* 0 in a duration or count: never. */
typedef struct lk_policy {
  size_t struct_size;
  int64_t lock_after_idle;
  int64_t lock_after_backgrounded;
  int64_t maximum_unlocked_time;
  int64_t reauthenticate_after; /* how long lk_vault_authenticate() counts; 0: for one read */
  int64_t rotate_after;
  int32_t lock_on_screen_off;
  uint32_t maximum_attempts;
  int32_t after_attempts; /* enum lk_after_attempts */
} lk_policy;
/* Fills what struct_size has room for with what new vaults have. */
LK_API int32_t lk_policy_default(lk_policy* policy);

typedef struct lk_slot_request {
  int32_t kind;      /* enum lk_slot_kind */
  const char* label; /* at most 64 bytes, stored in clear; NULL: none */
} lk_slot_request;

/* The types of docs/guides/vault-types.md. */
enum lk_vault_type {
  LK_TYPE_BY_SLOTS = 0,
  LK_TYPE_SECURE_STORAGE = 1,
  LK_TYPE_DEVICE_SECURITY = 2,
  LK_TYPE_CUSTOM_PASSCODE = 3,
  LK_TYPE_IN_MEMORY = 4 /* of lk_vault_create_in_memory() */
};
enum lk_device_security {
  LK_DEVICE_SECURITY_NONE = 0,
  LK_DEVICE_SECURITY_BIOMETRICS = 1,
  LK_DEVICE_SECURITY_SYSTEM_PASSCODE = 2,
  LK_DEVICE_SECURITY_BOTH = 3
};
enum lk_presence { LK_PRESENCE_NONE = 0, LK_PRESENCE_WEAK = 1, LK_PRESENCE_STRONG = 2, LK_PRESENCE_MAXIMUM = 3 };
enum lk_on_enrolment_change { LK_ENROLMENT_ACCEPT = 0, LK_ENROLMENT_REFUSE = 1, LK_ENROLMENT_REFUSE_AND_DROP = 2 };

typedef struct lk_protection {
  size_t struct_size;
  int32_t type;                /* enum lk_vault_type */
  int32_t device_security;     /* enum lk_device_security */
  int32_t minimum_presence;    /* enum lk_presence; 0: weak, which is what Linux has */
  int32_t on_enrolment_change; /* enum lk_on_enrolment_change */
  int32_t destroy_takes_unlock;
} lk_protection;

typedef struct lk_create_options {
  size_t struct_size;
  const lk_slot_request* slots; /* at least one */
  size_t slot_count;
  const lk_policy* policy; /* NULL: the default */
  int32_t minimum_level;   /* enum lk_level; a slot below it is refused, now and later; 0: any */
  int32_t is_anchored; /* not 0: an older copy of the whole file that is put back is noticed, by a counter in the TPM */
  const lk_protection* protection; /* NULL: by slots */
} lk_create_options;

/* A new vault, unlocked. Fails: LK_ALREADY_EXISTS when anything is there, readable or not; LK_UNSUPPORTED. */
LK_API int32_t lk_vault_create(const lk_vault_options* where, const lk_create_options* options, const lk_prompt* prompt,
                               lk_vault** vault);
/* Nothing of it is written anywhere; gone when it is closed. Unlocked. The policy may be NULL. */
LK_API int32_t lk_vault_create_in_memory(const lk_policy* policy, lk_vault** vault);
/* An existing vault, locked. Fails: LK_NOT_FOUND (only then is there none), LK_VAULT_CORRUPTED, LK_FUTURE_VERSION,
 * LK_TEMPORARILY_UNAVAILABLE. */
LK_API int32_t lk_vault_open(const lk_vault_options* where, lk_vault** vault);
/* What is there, asking nobody. That nothing is there, or that it is damaged, is an answer. */
LK_API int32_t lk_vault_look(const lk_vault_options* where, lk_status** status);
/* Wipes the keys and frees the handle; no other call may be under way. No event. */
LK_API void lk_vault_close(lk_vault* vault);
/* Overwrites and removes the file, and the slots' keys in their stores. The handle remains to be closed. */
LK_API int32_t lk_vault_destroy(lk_vault* vault);
/* The same for a vault that cannot be opened: only if it is damaged or from the future, else LK_CONFLICT. */
LK_API int32_t lk_vault_destroy_unreadable(const lk_vault_options* where);
/* Binds a vault that was restored from elsewhere to this device. */
LK_API int32_t lk_vault_adopt_device(lk_vault* vault);

/* ---- Status ------------------------------------------------------------------------------------------------------*/

enum lk_state {
  LK_STATE_FRESH = 0, /* nothing is there: create it */
  LK_STATE_LOCKED = 1,
  LK_STATE_UNLOCKED = 2,
  LK_STATE_RESTORED_ELSEWHERE = 3, /* portable slots still open it, then adopt it */
  LK_STATE_INVALIDATED = 4,        /* every key is gone for good: destroy it and sign in again */
  LK_STATE_TEMPORARILY_UNAVAILABLE = 5,
  LK_STATE_CORRUPTED = 6
};

typedef struct lk_slot {
  size_t struct_size;
  uint32_t id;
  int32_t kind;
  int32_t level;
  int32_t is_portable;
  int64_t created_at;
  int32_t problem; /* why it cannot be used now, as far as can be told without asking; LK_OK: none is known */
  int64_t wait;    /* before the next attempt */
  uint32_t failed_attempts;
  const char* label; /* lives as long as the status */
} lk_slot;

LK_API int32_t lk_vault_status(lk_vault* vault, lk_status** status);
LK_API void lk_status_free(lk_status* status);
LK_API int32_t lk_status_state(const lk_status* status); /* enum lk_state */
LK_API int32_t lk_status_level(const lk_status* status); /* enum lk_level: the weakest slot's; 0: there is no vault */
LK_API int32_t lk_status_is_other_device(const lk_status* status);
LK_API int32_t lk_status_is_rotation_due(const lk_status* status);
LK_API int32_t lk_status_is_anchored(const lk_status* status);
#define LK_ID_SIZE 16
LK_API int32_t lk_status_id(const lk_status* status, uint8_t id[LK_ID_SIZE]); /* LK_NOT_FOUND: there is no vault */
LK_API uint32_t lk_status_generation(const lk_status* status); /* of the data key: grows with every rotation; 0: none */
LK_API int64_t lk_status_rotated_at(const lk_status* status);  /* when that key was made */
/* Fails: LK_VAULT_LOCKED (known while unlocked only), LK_NOT_FOUND. */
LK_API int32_t lk_status_record_count(const lk_status* status, uint64_t* count);
LK_API uint32_t lk_status_unlocked_by(const lk_status* status); /* slot; 0: locked */
LK_API size_t lk_status_slot_count(const lk_status* status);
LK_API int32_t lk_status_slot(const lk_status* status, size_t index, lk_slot* slot);
LK_API int32_t lk_status_protection(const lk_status* status, lk_protection* protection);
/* What the user's presence adds now; LK_PRESENCE_NONE: nothing asks for it, or nobody can be recognised. */
LK_API int32_t lk_status_presence(const lk_status* status);
LK_API int32_t lk_status_is_key_bound(const lk_status* status); /* the platform releases the key to the user only */
LK_API int32_t lk_status_policy(const lk_status* status, lk_policy* policy);
/* All of it as one JSON object, with names in place of numbers. */
LK_API int32_t lk_status_json(const lk_status* status, char* buffer, size_t capacity, size_t* size);

/* ---- Locking -----------------------------------------------------------------------------------------------------*/

enum lk_lock_reason {
  LK_LOCK_MANUAL = 0,
  LK_LOCK_IDLE = 1,
  LK_LOCK_MAXIMUM_UNLOCKED_TIME = 2,
  LK_LOCK_BACKGROUND = 3,
  LK_LOCK_SCREEN_OFF = 4,
  LK_LOCK_FAILED_ATTEMPTS = 5,
  LK_LOCK_OTHER_PROCESS = 6,
  LK_LOCK_DESTROYED = 7, LK_LOCK_ROLLED_BACK = 8
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

/* ---- Records, while unlocked (else LK_VAULT_LOCKED) --------------------------------------------------------------*/

enum lk_record_kind { LK_RECORD_BYTES = 1, LK_RECORD_TEXT = 2, LK_RECORD_JSON = 3, LK_RECORD_DATE = 4 };
#define LK_MAX_NAME_SIZE 255
#define LK_MAX_VALUE_SIZE 1048576

typedef struct lk_record_options {
  size_t struct_size;
  int32_t kind;              /* 0: bytes */
  int64_t expires_at;        /* from then on it is not there */
  int32_t is_ask_every_time; /* reading it takes a fresh lk_vault_authenticate() */
} lk_record_options;

typedef struct lk_record_info {
  size_t struct_size;
  const char* name; /* lives as long as the lk_records; of lk_vault_get_info() NULL */
  size_t name_size;
  int32_t kind;
  uint64_t sequence; /* grows with every write to the vault */
  int64_t written_at;
  int64_t expires_at;
  int32_t is_ask_every_time;
} lk_record_info;

/* Durable when it returns. Options may be NULL. */
LK_API int32_t lk_vault_set(lk_vault* vault, const char* name, const void* value, size_t size,
                            const lk_record_options* options);
/* Fails: LK_NOT_FOUND, LK_REAUTHENTICATION_REQUIRED. A record that asks every time is read, and the authentication
 * used, even if the buffer is too small: bring LK_MAX_VALUE_SIZE bytes, or use lk_vault_use_value(). */
LK_API int32_t lk_vault_get(lk_vault* vault, const char* name, void* buffer, size_t capacity, size_t* size);
/* The same, but that there is none is no failure: *is_found is 0 or 1. */
LK_API int32_t lk_vault_find(lk_vault* vault, const char* name, void* buffer, size_t capacity, size_t* size,
                             int32_t* is_found);
/* Hands the value over in memory that is never swapped, and wipes it when the consumer returns. Answers what it does.
 */
LK_API int32_t lk_vault_use_value(lk_vault* vault, const char* name,
                                  int32_t (*consume)(void* user_data, const uint8_t* value, size_t size),
                                  void* user_data);
/* Uses up what lk_vault_authenticate() allowed, and then reads records that ask every time until the vault locks.
 * Fails: LK_REAUTHENTICATION_REQUIRED. */
LK_API int32_t lk_vault_open_read_window(lk_vault* vault, lk_read_window** window);
LK_API int32_t lk_vault_get_in_window(lk_vault* vault, const lk_read_window* window, const char* name, void* buffer,
                                      size_t capacity, size_t* size);
LK_API void lk_read_window_free(lk_read_window* window);
LK_API int32_t lk_vault_get_info(lk_vault* vault, const char* name, lk_record_info* info);
LK_API int32_t lk_vault_remove(lk_vault* vault, const char* name);
/* By name; prefix NULL: all. */
LK_API int32_t lk_vault_list(lk_vault* vault, const char* prefix, lk_records** records);
/* At most `limit`, behind the name `after` (NULL: from the first); an empty one: there are no more. */
LK_API int32_t lk_vault_page(lk_vault* vault, const char* prefix, const char* after, size_t limit,
                             lk_records** records);
LK_API size_t lk_records_count(const lk_records* records);
LK_API int32_t lk_records_info(const lk_records* records, size_t index, lk_record_info* info);
LK_API void lk_records_free(lk_records* records);

#define LK_ANY_SEQUENCE UINT64_MAX   /* whatever is there; 0: only if there is none */
LK_API lk_batch* lk_batch_new(void); /* NULL: no memory */
LK_API int32_t lk_batch_set(lk_batch* batch, const char* name, const void* value, size_t size,
                            const lk_record_options* options, uint64_t expected_sequence);
LK_API int32_t lk_batch_remove(lk_batch* batch, const char* name, uint64_t expected_sequence);
LK_API void lk_batch_free(lk_batch* batch); /* wipes the values */
/* All or nothing. Fails: LK_CONFLICT when an expected sequence differs. The batch stays as it is. */
LK_API int32_t lk_vault_apply(lk_vault* vault, const lk_batch* batch);

/* Grows with every change by any process. */
LK_API int32_t lk_vault_get_revision(lk_vault* vault, uint64_t* revision);
/* Grows with every change that was not made through this handle. */
LK_API int32_t lk_vault_get_revision_by_others(lk_vault* vault, uint64_t* revision);
/* Reads every byte of the file and authenticates every record. */
LK_API int32_t lk_vault_verify(lk_vault* vault);
/* Removes expired records, and their bytes from the file. */
LK_API int32_t lk_vault_purge(lk_vault* vault);
/* A new data key; every record is sealed anew. `progress` (may be NULL) gets the number so far. Interrupted or
 * cancelled (LK_CANCELLED), the next call carries on. */
LK_API int32_t lk_vault_rotate(lk_vault* vault, void (*progress)(void* user_data, uint64_t records), void* user_data,
                               const lk_cancel* cancel);

/* ---- Slots, while unlocked ---------------------------------------------------------------------------------------*/

LK_API int32_t lk_vault_add_slot(lk_vault* vault, const lk_slot_request* request, const lk_prompt* prompt,
                                 uint32_t* slot);
/* Fails: LK_SLOT_IN_USE for the last one that can open the vault. */
LK_API int32_t lk_vault_remove_slot(lk_vault* vault, uint32_t slot);
/* Wraps anew; for a passcode slot: changes the passcode. */
LK_API int32_t lk_vault_rewrap_slot(lk_vault* vault, uint32_t slot, const lk_prompt* prompt);

typedef struct lk_config {
  size_t struct_size;
  const lk_protection* protection; /* NULL: by slots */
  const lk_slot_request* new_slots;
  size_t new_slot_count;
  const uint32_t* kept_slots; /* all others are removed */
  size_t kept_slot_count;
} lk_config;
/* Another type, other slots; the records stay. One write. A copy of the file from before opens as before: rotate
 * afterwards. Fails: LK_INVALID_ARGUMENT (the slots are not of that type), LK_CONFLICT (another process changed them).
 */
LK_API int32_t lk_vault_update_config(lk_vault* vault, const lk_config* config, const lk_prompt* prompt);

/* ---- Exchange: files in the age format, and from other programs (docs/guides/vault-exchange.md) -------------------*/

typedef struct lk_export_options {
  size_t struct_size;
  const char* const* recipients; /* "age1..."; none: the passphrase locks it */
  size_t recipient_count;
  const void* passphrase;
  size_t passphrase_size;
  int32_t is_armored;
  uint32_t work_factor; /* of the passphrase: 2 to the power of it; 0: the default */
} lk_export_options;
/* A new file of mode 0600, there completely or not at all. Records that ask every time take one lk_vault_authenticate()
 * before, for all of them. Fails also: LK_ALREADY_EXISTS, LK_CONFLICT (the vault was
 * changed meanwhile: repeat). `count` may be NULL. */
LK_API int32_t lk_vault_export(lk_vault* vault, const char* path, const lk_export_options* options, uint64_t* count);

enum lk_source_format {
  LK_SOURCE_DETECT = 0,
  LK_SOURCE_LATCHKEY = 1,
  LK_SOURCE_CAPACITOR_PREFERENCES = 2,
  LK_SOURCE_IDENTITY_VAULT = 3,
  LK_SOURCE_JSON = 4,
  LK_SOURCE_ENV = 5
};
enum lk_on_conflict { LK_CONFLICT_FAIL = 0, LK_CONFLICT_REPLACE = 1, LK_CONFLICT_KEEP = 2 };
enum lk_outcome {
  LK_OUTCOME_ADDED = 0,
  LK_OUTCOME_REPLACED = 1,
  LK_OUTCOME_UNCHANGED = 2,
  LK_OUTCOME_KEPT = 3,
  LK_OUTCOME_CONFLICT = 4
};

typedef struct lk_import_options {
  size_t struct_size;
  int32_t format;            /* enum lk_source_format */
  int32_t on_conflict;       /* enum lk_on_conflict */
  int32_t is_source_removed; /* not 0: once the vault is known to hold every record */
  const char* identities;    /* what age-keygen writes; NULL: none */
  void* user_data;
  int32_t (*ask_passphrase)(void* user_data, uint8_t* buffer, size_t capacity, size_t* size); /* of an age file */
  /* What happened to each record, or, before LK_CONFLICT, would have. */
  void (*on_outcome)(void* user_data, const char* name, int32_t outcome);
} lk_import_options;

typedef struct lk_import_report {
  size_t struct_size;
  int32_t format; /* enum lk_source_format; 0: an earlier call had imported it, this one ended the removal */
  uint64_t records;
  uint64_t left_out; /* entries of the source that are not records */
  int32_t is_source_removed;
} lk_import_report;
/* All or nothing. Options and report may be NULL. */
LK_API int32_t lk_vault_import(lk_vault* vault, const char* path, const lk_import_options* options,
                               lk_import_report* report);

#ifdef __cplusplus
}
#endif

#endif
