/* Records by their kind: text, JSON, dates. The rules of latchkey_vault.h for answers, buffers and threads hold here.
 */
#ifndef LATCHKEY_VALUES_H
#define LATCHKEY_VALUES_H

#include "latchkey_records.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Setters: as lk_vault_set() with the kind; options may be NULL, and their kind is 0. Getters: as lk_vault_get(). All
 * fail also: LK_INVALID_FORMAT - the value, or the record that is there, is not of this kind. */

/* UTF-8; it ends with a zero byte in the caller's buffer. */
LK_API int32_t lk_vault_set_text(lk_vault* vault, const char* name, const char* text, const lk_record_options* options);
LK_API int32_t lk_vault_get_text(lk_vault* vault, const char* name, char* buffer, size_t capacity, size_t* size);

/* One document (RFC 8259), nested at most 64 deep, with at most 100,000 members and elements; kept as it is written. */
LK_API int32_t lk_vault_set_json(lk_vault* vault, const char* name, const char* json, const lk_record_options* options);
LK_API int32_t lk_vault_get_json(lk_vault* vault, const char* name, char* buffer, size_t capacity, size_t* size);

/* Milliseconds since 1970, before it too, in the years 0000 to 9999; kept as `2026-11-21T08:00:00.000Z`. */
LK_API int32_t lk_vault_set_date(lk_vault* vault, const char* name, int64_t date, const lk_record_options* options);
LK_API int32_t lk_vault_get_date(lk_vault* vault, const char* name, int64_t* date);

#ifdef __cplusplus
}
#endif

#endif
