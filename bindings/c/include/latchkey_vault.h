/* The vault of Latchkey for C, and for every language that can call C. Shared library: liblatchkey. This header brings
 * all of it; each concept has one of its own.
 *
 * Answers. Every call that can fail answers int32_t: LK_OK or a code of latchkey_codes.h, the same as in C++.
 * lk_error_detail() tells more about the last failure of the calling thread. No call aborts for what it is given,
 * except that pointers must be valid: handles not freed yet, buffers as long as said. NULL is refused with
 * LK_INVALID_ARGUMENT wherever it is not allowed; every _free and _close takes NULL.
 *
 * Text is UTF-8 that ends with a zero byte. Sizes are bytes and do not count that byte. Times are milliseconds since
 * 1970-01-01T00:00:00Z, durations milliseconds; 0 means "none" where nothing else is said.
 *
 * Buffers are the caller's: a call gets (buffer, capacity, size), stores the size of the whole in *size, and copies if
 * it fits. If it does not, the answer is LK_BUFFER_TOO_SMALL and nothing is copied; buffer may be NULL when capacity is
 * 0. Text is copied with its zero byte, so it takes capacity > size. Secrets go into the caller's buffer and nowhere
 * else: wipe it with lk_wipe() when done.
 *
 * Structures begin with struct_size, so that they can grow: LK_INIT(&it), then set what matters.
 *
 * Threads. A vault may be used from any number of threads. Other handles are for one thread at a time.
 *
 * Callbacks run on the thread that made the call (observers: on the thread that caused the event), get user_data as it
 * was given, and must return; they must not leave by longjmp() or an exception. No lock that records need is held while
 * one runs, so it may use the vault's records. While the user is being asked (ask_passcode, show_recovery_code,
 * on_unlock) it must not ask again, change slots or destroy the vault: one prompt at a time. None may close the vault.
 * A callback that answers a code of latchkey_codes.h ends the call with it. */
#ifndef LATCHKEY_VAULT_H
#define LATCHKEY_VAULT_H

#include "latchkey_base.h"
#include "latchkey_checkpoint.h"
#include "latchkey_codes.h"
#include "latchkey_exchange.h"
#include "latchkey_life.h"
#include "latchkey_locking.h"
#include "latchkey_presence.h"
#include "latchkey_protection.h"
#include "latchkey_records.h"
#include "latchkey_slots.h"
#include "latchkey_status.h"
#include "latchkey_values.h"

#endif
