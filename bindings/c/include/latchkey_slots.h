/* Other slots, another type for a vault that is there; while it is unlocked. */
#ifndef LATCHKEY_SLOTS_H
#define LATCHKEY_SLOTS_H

#include "latchkey_protection.h"

#ifdef __cplusplus
extern "C" {
#endif

LK_API int32_t lk_vault_add_slot(lk_vault* vault, const lk_slot_request* request, const lk_prompt* prompt,
                                 uint32_t* slot);
/* Fails: LK_SLOT_IN_USE for the last one that can open the vault. */
LK_API int32_t lk_vault_remove_slot(lk_vault* vault, uint32_t slot);
/* Wraps anew; for a passcode slot: changes the passcode. */
LK_API int32_t lk_vault_rewrap_slot(lk_vault* vault, uint32_t slot, const lk_prompt* prompt);
/* Removes keys of former slots from their stores, which a kill left there or a store that was away; changing slots does
 * so too, so each may ask for a token's PIN. *left: how many are still there; may be NULL. Never a key that this vault
 * did not make; none at all of a vault restored from elsewhere. */
LK_API int32_t lk_vault_remove_left_keys(lk_vault* vault, size_t* left);

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

#ifdef __cplusplus
}
#endif

#endif
