/* Checkpoints: somebody far away remembers how far a vault has come, one number for each vault, so that an older copy
 * of the whole file is noticed (docs/decisions/0009). The host brings the store: a server's API, a device management, a
 * file on another machine. The library decides what its numbers mean.
 *
 * Lifetimes. lk_vault_open() and lk_vault_create() copy the structure and `server`; `user_data` outlives the vault's
 * handle. After lk_vault_close() has returned, or the call that was to make the handle has failed, nothing is called.
 *
 * Threads. The callbacks run on the thread whose call needs them: lk_vault_unlock and what else opens a slot,
 * lk_vault_checkpoint, lk_vault_set_checkpoint, lk_vault_create, lk_vault_accept_rollback, lk_vault_destroy; and on one
 * thread of the vault's own, which tells the store of writes: after the first of an unlocking, then at most once a
 * minute, and again later (`interval`, `first_retry`) when that failed. lk_vault_set and other writes wait for none of
 * it. Of several threads they run at once. The user waits for an unlocking: give them a timeout of a few seconds, and
 * look at lk_checkpoint_is_cancelled() while they wait, for lk_vault_close() waits until they have returned. They may
 * use the call, not the vault, and the call only until they return. Tokens may be renewed in them.
 *
 * Answers of all three:
 *   LK_OK
 *   LK_NETWORK_UNREACHABLE, LK_NETWORK_TIMEOUT, LK_SERVER_ERROR, LK_TEMPORARILY_UNAVAILABLE
 *     nobody answered: nothing is known. A vault whose checkpoint is required stays locked with
 *     LK_TEMPORARILY_UNAVAILABLE, one with when-reachable opens and is not verified
 *   LK_LOGIN_REQUIRED, LK_PERMISSION_DENIED, or another code of latchkey_codes.h but those named here
 *     it answered, and refused to tell: as before, but a vault that stays locked fails with this code
 *   LK_KEY_MISSING or LK_NOT_FOUND
 *     it has no number for this vault: the vault stays locked in either case, or deleting the number would be the
 * attack LK_CANCELLED lk_checkpoint_is_cancelled() said so: the vault stays locked What is no code of latchkey_codes.h
 * counts as LK_INTERNAL, a refusal. */
#ifndef LATCHKEY_CHECKPOINT_H
#define LATCHKEY_CHECKPOINT_H

#include "latchkey_base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How strict a vault is; part of the file, sealed. */
enum lk_checkpoint_rule {
  LK_CHECKPOINT_NONE = 0,
  LK_CHECKPOINT_REQUIRED = 1, /* without an answer the vault stays locked */
  LK_CHECKPOINT_WHEN_REACHABLE =
      2 /* without one it opens, and lk_status_checkpoint() says that nobody vouches for it */
};

typedef struct lk_checkpoint_call lk_checkpoint_call;
/* Which vault is asked about. */
LK_API void lk_checkpoint_vault(const lk_checkpoint_call* call, uint8_t id[LK_ID_SIZE]);
/* 1: nobody wants its answer any more: who asked gave up, or the vault was locked or is being closed. */
LK_API int32_t lk_checkpoint_is_cancelled(const lk_checkpoint_call* call);
/* The session's own records of this vault, whose names begin with "latchkey/session": what the store is asked with may
 * lie there, and nothing else is lent before the store has said that the vault may be opened. As lk_vault_find() and
 * lk_vault_set(); other names are not there, and LK_PERMISSION_DENIED to put. */
LK_API int32_t lk_checkpoint_find(const lk_checkpoint_call* call, const char* name, void* buffer, size_t capacity,
                                  size_t* size, int32_t* is_found);
LK_API int32_t lk_checkpoint_put(const lk_checkpoint_call* call, const char* name, const void* value, size_t size);

typedef struct lk_checkpoints {
  size_t struct_size;
  const char* server; /* who keeps the numbers: an address of 1 to 126 bytes; stored with the vault, in clear */
  void* user_data;
  int32_t (*get)(void* user_data, const lk_checkpoint_call* call, uint64_t* count);
  /* Compare and set, durably: `count` becomes the number if what is stored is lower, or if nothing is stored and
   * `may_make` is not 0. Fails also: LK_CONFLICT, with what is stored in *stored - it is `count` or more, for instance
   * because the answer to this very call got lost; LK_STORAGE_FULL. */
  int32_t (*put)(void* user_data, const lk_checkpoint_call* call, uint64_t count, int32_t may_make, uint64_t* stored);
  /* The vault is destroyed, or has no checkpoint any more. Gone already is LK_OK. */
  int32_t (*forget)(void* user_data, const lk_checkpoint_call* call);
  /* Of the vault's own thread, in milliseconds; 0: a minute and 2 seconds. From one telling to the next, and after the
   * first failure; the wait doubles with each, up to 5 minutes or `first_retry` if that is more, and up to half of it
   * is left to chance. */
  int64_t interval, first_retry;
} lk_checkpoints;

/* While unlocked: from now on `server` of the store that the vault was opened with remembers how far the vault has
 * come; LK_CHECKPOINT_NONE: nobody any more. Replaces an anchor in the TPM. Fails: LK_UNSUPPORTED (opened without a
 * store), and as the store. `cancel` may be NULL. */
LK_API int32_t lk_vault_set_checkpoint(lk_vault* vault, int32_t rule, const lk_cancel* cancel);
/* While unlocked: asks the store if it was not asked yet, and tells it of the newest writes. The vault's own thread
 * does so by itself, a while after writes; call it before locking or closing, and after what must not be undone. LK_OK
 * without a checkpoint. Fails: as the store; LK_VAULT_ROLLED_BACK: then the vault is locked. */
LK_API int32_t lk_vault_checkpoint(lk_vault* vault, const lk_cancel* cancel);

#ifdef __cplusplus
}
#endif

#endif
