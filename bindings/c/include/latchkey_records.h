/* Records, while the vault is unlocked (else LK_VAULT_LOCKED). By their kind: latchkey_values.h. */
#ifndef LATCHKEY_RECORDS_H
#define LATCHKEY_RECORDS_H

#include "latchkey_base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lk_records lk_records;         /* a snapshot of names and attributes, without values */
typedef struct lk_batch lk_batch;             /* changes that are made all or not at all */
typedef struct lk_read_window lk_read_window; /* one authentication for many reads */

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

#ifdef __cplusplus
}
#endif

#endif
