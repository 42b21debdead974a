/* The user's presence, and the keys that sign once for each time the user is recognised
 * (docs/guides/vault-presence.md). Answers, text, buffers, threads and callbacks are as latchkey_vault.h says. */
#ifndef LATCHKEY_PRESENCE_H
#define LATCHKEY_PRESENCE_H

#include "latchkey_life.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What this machine can recognise its user by, and whether it has a place for keys (src/vault/capabilities_json.h).
 * Asks nobody; up to five seconds. */
LK_API int32_t lk_capabilities_json(const lk_vault_options* where, char* buffer, size_t capacity, size_t* size);

enum lk_presence_method { LK_METHOD_USABLE = 0, LK_METHOD_FINGERPRINT = 1, LK_METHOD_DEVICE_CREDENTIAL = 4 };

typedef struct lk_signing_options {
  size_t struct_size;
  const char* origin;       /* the app's id or web origin, as the server knows it; signing needs it */
  const char* key;          /* NULL: "default" */
  int32_t method;           /* enum lk_presence_method; LK_METHOD_USABLE: the first that can be used now */
  int32_t minimum_strength; /* enum lk_presence; 0: weak. Nobody is asked for less. */
  int32_t is_in_tpm;        /* not 0: the key is the TPM's, which asks for its PIN at every signature: strong */
  const char* tpm2_tcti;    /* NULL: the machine's TPM */
} lk_signing_options;

/* Recognises the user, makes a key, answers its public half as a JWK: register it with the server. */
LK_API int32_t lk_vault_make_signing_key(lk_vault* vault, const lk_signing_options* options, const lk_prompt* prompt,
                                         char* buffer, size_t capacity, size_t* size);
LK_API int32_t lk_vault_get_signing_key(lk_vault* vault, const lk_signing_options* options, char* buffer,
                                        size_t capacity, size_t* size);
LK_API int32_t lk_vault_remove_signing_key(lk_vault* vault, const lk_signing_options* options);
/* Recognises the user and signs once: never a boolean. `purpose`: one word for what they agree to; `challenge`: the
 * server's, 16 to 512 bytes. The statement (docs/formats/presence-v1.md) has at most LK_MAX_STATEMENT_SIZE bytes,
 * its zero byte included. LK_NOT_FOUND: make the key; LK_KEY_INVALIDATED: other fingers than it was made with. */
#define LK_MAX_STATEMENT_SIZE 4096
LK_API int32_t lk_vault_sign_challenge(lk_vault* vault, const lk_signing_options* options, const char* purpose,
                                       const char* challenge, const lk_prompt* prompt, char* buffer, size_t capacity,
                                       size_t* size);

#ifdef __cplusplus
}
#endif

#endif
