/* What the tests of the C interface share: counting, a user who answers, a folder that goes away. */
#ifndef LATCHKEY_C_TEST_SUPPORT_H
#define LATCHKEY_C_TEST_SUPPORT_H

#include <stdio.h>
#include <string.h>

#include "latchkey_vault.h"

void expect(int is_true, const char* what, const char* file, int line);
void expect_code(int32_t got, int32_t wanted, const char* what, const char* file, int line);
#define EXPECT(what) expect((what) ? 1 : 0, #what, __FILE__, __LINE__)
#define EXPECT_CODE(wanted, what) expect_code((what), (wanted), #what, __FILE__, __LINE__)
#define EXPECT_OK(what) EXPECT_CODE(LK_OK, what)

/* Somebody at the device. `answer` is what they type; NULL: they cancel. */
typedef struct test_user {
  const char* answer;
  int asked;
  int32_t last_ask;
  char code[64]; /* the recovery code they wrote down */
} test_user;
lk_prompt prompt_of(test_user* user);

/* A path in the folder of this test; the text is the caller's buffer. */
#define PATH_SIZE 256
const char* path_of(char buffer[PATH_SIZE], const char* name);
lk_vault_options place_of(const char* path);
/* Waits until `is_done` says so, at most some seconds. */
int wait_for(int (*is_done)(void*), void* user_data);

/* A new vault with one recovery code slot (no slow passcode) that `user` wrote down and answers with from then on. */
lk_vault* make_vault(const char* path, test_user* user);
void put(lk_vault* vault, const char* name, const char* value);
/* The value in a buffer that the next call uses again; "" with a code that is not LK_OK. */
const char* value_of(lk_vault* vault, const char* name);
void write_text(const char* path, const char* text);
int is_in_file(const char* path, const char* text);

void test_general(void);
void test_life(void);
void test_status(void);
void test_locking(void);
void test_records(void);
void test_values(void);
void test_slots(void);
void test_exchange(void);
void test_devices(void);
void test_presence(void);
void test_checkpoint(void);

#endif
