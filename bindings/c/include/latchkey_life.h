/* Where a vault is, how it comes to be, and how it goes. */
#ifndef LATCHKEY_LIFE_H
#define LATCHKEY_LIFE_H

#include "latchkey_checkpoint.h"
#include "latchkey_protection.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lk_status lk_status; /* latchkey_status.h */

/* What a new slot makes on its token. */
enum lk_pkcs11_key {
  LK_PKCS11_ANY = 0, /* the first of these that the token offers */
  LK_PKCS11_AES = 1, /* AES-256-GCM */
  LK_PKCS11_RSA = 2, /* RSA-3072, OAEP */
  LK_PKCS11_EC = 4   /* P-256, ECDH */
};

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
  int64_t kernel_keyring_timeout;    /* 0: 15 minutes */
  int32_t kernel_keyring_of_user;    /* not 0: shared by all sessions of the user */
  const lk_checkpoints* checkpoints; /* NULL: a vault with a checkpoint does not unlock, LK_UNSUPPORTED */
  int32_t pkcs11_key;                /* enum lk_pkcs11_key */
} lk_vault_options;

typedef struct lk_create_options {
  size_t struct_size;
  const lk_slot_request* slots; /* at least one */
  size_t slot_count;
  const lk_policy* policy; /* NULL: the default */
  int32_t minimum_level;   /* enum lk_level; a slot below it is refused, now and later; 0: any */
  int32_t is_anchored; /* not 0: an older copy of the whole file that is put back is noticed, by a counter in the TPM */
  const lk_protection* protection; /* NULL: by slots */
  int32_t
      checkpoint; /* enum lk_checkpoint_rule, of the store in lk_vault_options; it knows the vault when this returns */
} lk_create_options;

/* A new vault, unlocked. Fails: LK_ALREADY_EXISTS when anything is there, readable or not; LK_UNSUPPORTED; with a
 * checkpoint as its store. What fails leaves no file. */
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

#ifdef __cplusplus
}
#endif

#endif
