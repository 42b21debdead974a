/* What protects a vault: its slots, its type, and the policy by which it locks (docs/guides/vault-slots.md,
 * vault-types.md). */
#ifndef LATCHKEY_PROTECTION_H
#define LATCHKEY_PROTECTION_H

#include "latchkey_base.h"

#ifdef __cplusplus
extern "C" {
#endif

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

enum lk_after_attempts { LK_ATTEMPTS_DELAY = 0, LK_ATTEMPTS_WIPE = 1 };

/* 0 in a duration or count: never. */
typedef struct lk_policy {
  size_t struct_size;
  int64_t lock_after_idle;
  int64_t lock_after_backgrounded;
  int64_t maximum_unlocked_time;
  int64_t reauthenticate_after; /* how long lk_vault_authenticate() counts; 0: for one read */
  int64_t rotate_after; /* the data key's age at which a thread of the vault's own replaces it, after the next write */
  int32_t lock_on_screen_off;
  uint32_t maximum_attempts;
  int32_t after_attempts; /* enum lk_after_attempts */
} lk_policy;
/* Fills what struct_size has room for with what new vaults have. */
LK_API int32_t lk_policy_default(lk_policy* policy);

#ifdef __cplusplus
}
#endif

#endif
