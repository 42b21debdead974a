/* What every call of liblatchkey shares: answers, buffers, structures that grow, and what the user is asked. The manual
 * of all of it is latchkey_vault.h. */
#ifndef LATCHKEY_BASE_H
#define LATCHKEY_BASE_H

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
typedef struct lk_cancel lk_cancel; /* stops calls that wait */
#define LK_ID_SIZE 16

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

#ifdef __cplusplus
}
#endif

#endif
