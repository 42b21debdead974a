#include "test_support.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static char folder[] = "/tmp/latchkey-c-XXXXXX";
static int failed_here;

void expect(int is_true, const char* what, const char* file, int line) {
  if (is_true) return;
  ++failed_here;
  printf("%s:%d: Failure: %s\n", file, line, what);
}

void expect_code(int32_t got, int32_t wanted, const char* what, const char* file, int line) {
  char detail[256] = "";
  size_t size = 0;
  if (got == wanted) return;
  ++failed_here;
  lk_error_detail(detail, sizeof detail, &size);
  printf("%s:%d: Failure: %s: %s, not %s (%s)\n", file, line, what, lk_code_name(got), lk_code_name(wanted), detail);
}

static int32_t type_answer(void* user_data, int32_t ask, uint8_t* buffer, size_t capacity, size_t* size) {
  test_user* user = user_data;
  ++user->asked;
  user->last_ask = ask;
  if (user->answer == NULL) return LK_USER_CANCELLED;
  *size = strlen(user->answer);
  if (*size > capacity) return LK_INPUT_TOO_LARGE;
  memcpy(buffer, user->answer, *size);
  return LK_OK;
}

static int32_t write_down(void* user_data, const char* code, size_t size) {
  test_user* user = user_data;
  if (size >= sizeof user->code || strlen(code) != size) return LK_INTERNAL;
  memcpy(user->code, code, size + 1);
  return LK_OK;
}

lk_prompt prompt_of(test_user* user) {
  lk_prompt prompt;
  LK_INIT(&prompt);
  prompt.reason = "a test";
  prompt.user_data = user;
  prompt.ask_passcode = type_answer;
  prompt.show_recovery_code = write_down;
  return prompt;
}

const char* path_of(char buffer[PATH_SIZE], const char* name) {
  snprintf(buffer, PATH_SIZE, "%s/%s", folder, name);
  return buffer;
}

lk_vault_options place_of(const char* path) {
  lk_vault_options where;
  LK_INIT(&where);
  where.file = path;
  return where;
}

int wait_for(int (*is_done)(void*), void* user_data) {
  const struct timespec moment = {0, 2000000};
  for (int tries = 0; tries < 10000; ++tries) {
    if (is_done(user_data)) return 1;
    nanosleep(&moment, NULL);
  }
  return 0;
}

lk_vault* make_vault(const char* path, test_user* user) {
  const lk_slot_request slot = {LK_SLOT_RECOVERY_CODE, "on paper"};
  const lk_vault_options where = place_of(path);
  const lk_prompt prompt = prompt_of(user);
  lk_create_options options;
  lk_vault* vault = NULL;
  LK_INIT(&options);
  options.slots = &slot;
  options.slot_count = 1;
  EXPECT_OK(lk_vault_create(&where, &options, &prompt, &vault));
  user->answer = user->code;
  return vault;
}

void put(lk_vault* vault, const char* name, const char* value) {
  EXPECT_OK(lk_vault_set(vault, name, value, strlen(value), NULL));
}

const char* value_of(lk_vault* vault, const char* name) {
  static char buffer[256];
  size_t size = 0;
  if (lk_vault_get(vault, name, buffer, sizeof buffer - 1, &size) != LK_OK) size = 0;
  buffer[size] = '\0';
  return buffer;
}

void write_text(const char* path, const char* text) {
  FILE* file = fopen(path, "wb");
  EXPECT(file != NULL);
  if (file == NULL) return;
  EXPECT(fwrite(text, 1, strlen(text), file) == strlen(text));
  EXPECT(fclose(file) == 0);
}

int is_in_file(const char* path, const char* text) {
  static char contents[1 << 22];
  FILE* file = fopen(path, "rb");
  size_t size = 0;
  if (file == NULL) return 0;
  size = fread(contents, 1, sizeof contents, file);
  fclose(file);
  for (size_t at = 0; at + strlen(text) <= size; ++at)
    if (memcmp(contents + at, text, strlen(text)) == 0) return 1;
  return 0;
}

int main(void) {
  static const struct {
    const char* name;
    void (*run)(void);
  } tests[] = {
      {"general", test_general},   {"life", test_life},     {"status", test_status},        {"locking", test_locking},
      {"records", test_records},   {"slots", test_slots},   {"exchange", test_exchange},    {"devices", test_devices},
      {"presence", test_presence}, {"values", test_values}, {"checkpoint", test_checkpoint}};
  const int count = (int)(sizeof tests / sizeof tests[0]);
  char command[PATH_SIZE];
  int failed = 0;
  if (mkdtemp(folder) == NULL) return 1;
  for (int i = 0; i < count; ++i) {
    failed_here = 0;
    tests[i].run();
    printf("%s: %s\n", failed_here == 0 ? "ok" : "FAILED", tests[i].name);
    failed += failed_here == 0 ? 0 : 1;
  }
  snprintf(command, sizeof command, "rm -rf '%s'", folder);
  if (system(command) != 0) ++failed;
  printf("c_vault: %d passed, %d failed, 0 skipped\n", count - failed, failed);
  return failed == 0 ? 0 : 1;
}
