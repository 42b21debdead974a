/* What there is to know of a vault, asking nobody: a snapshot. */
#ifndef LATCHKEY_STATUS_H
#define LATCHKEY_STATUS_H

#include "latchkey_life.h"

#ifdef __cplusplus
extern "C" {
#endif

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
LK_API int32_t lk_status_id(const lk_status* status, uint8_t id[LK_ID_SIZE]); /* LK_NOT_FOUND: there is no vault */
LK_API uint32_t lk_status_generation(const lk_status* status); /* of the data key: grows with every rotation; 0: none */
LK_API int64_t lk_status_rotated_at(const lk_status* status);  /* when that key was made */
/* Fails: LK_VAULT_LOCKED (known while unlocked only), LK_NOT_FOUND. */
LK_API int32_t lk_status_record_count(const lk_status* status, uint64_t* count);
LK_API uint32_t lk_status_unlocked_by(const lk_status* status); /* slot; 0: locked */
LK_API size_t lk_status_left_keys(const lk_status* status);     /* lk_vault_remove_left_keys() */
LK_API size_t lk_status_slot_count(const lk_status* status);
LK_API int32_t lk_status_slot(const lk_status* status, size_t index, lk_slot* slot);
LK_API int32_t lk_status_protection(const lk_status* status, lk_protection* protection);
/* What the user's presence adds now; LK_PRESENCE_NONE: nothing asks for it, or nobody can be recognised. */
LK_API int32_t lk_status_presence(const lk_status* status);
LK_API int32_t lk_status_is_key_bound(const lk_status* status); /* the platform releases the key to the user only */
LK_API int32_t lk_status_policy(const lk_status* status, lk_policy* policy);
typedef struct lk_checkpoint_status {
  size_t struct_size;
  const char* server;  /* lives as long as the status */
  int32_t rule;        /* enum lk_checkpoint_rule */
  int32_t is_verified; /* the store vouched for this file since it was unlocked */
  int32_t is_behind;   /* the store does not know of the newest writes yet: lk_vault_checkpoint() */
  int32_t problem;     /* why it is not verified, or why the store was not told; LK_OK: none */
} lk_checkpoint_status;
/* Fails: LK_NOT_FOUND (this vault has no checkpoint). */
LK_API int32_t lk_status_checkpoint(const lk_status* status, lk_checkpoint_status* checkpoint);
/* All of it as one JSON object, with names in place of numbers. */
LK_API int32_t lk_status_json(const lk_status* status, char* buffer, size_t capacity, size_t* size);

#ifdef __cplusplus
}
#endif

#endif
