/* Files in the age format, and from other programs (docs/guides/vault-exchange.md). */
#ifndef LATCHKEY_EXCHANGE_H
#define LATCHKEY_EXCHANGE_H

#include "latchkey_base.h"

#ifdef __cplusplus
extern "C" {
#endif

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
