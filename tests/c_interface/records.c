/* records FILE: a vault with a recovery code, records of every kind, closed and opened again. */
#include <latchkey_values.h>
#include <latchkey_vault.h>
#include <stdio.h>
#include <stdlib.h>

static char code[128];

static void must(int32_t answer, const char* what) {
  if (answer == LK_OK) return;
  fprintf(stderr, "%s: %s\n", what, lk_code_name(answer));
  exit(1);
}

static int32_t write_down(void* user_data, const char* text, size_t size) {
  (void)user_data;
  if (size >= sizeof code) return LK_INTERNAL;
  memcpy(code, text, size + 1);
  return LK_OK;
}

static int32_t type_code(void* user_data, int32_t ask, uint8_t* buffer, size_t capacity, size_t* size) {
  (void)user_data;
  (void)ask;
  *size = strlen(code);
  if (*size > capacity) return LK_INTERNAL;
  memcpy(buffer, code, *size);
  return LK_OK;
}

int main(int count, char** arguments) {
  const lk_slot_request slot = {LK_SLOT_RECOVERY_CODE, NULL};
  lk_vault_options where;
  lk_create_options how;
  lk_prompt prompt;
  lk_vault* vault = NULL;
  char text[64];
  size_t size = 0;
  int64_t date = 0;
  if (count != 2) return 2;
  LK_INIT(&where);
  where.file = arguments[1];
  LK_INIT(&how);
  how.slots = &slot;
  how.slot_count = 1;
  LK_INIT(&prompt);
  prompt.show_recovery_code = write_down;
  prompt.ask_passcode = type_code;
  must(lk_vault_create(&where, &how, &prompt, &vault), "create");
  must(lk_vault_set(vault, "bytes", "\0\1\2", 3, NULL), "set");
  must(lk_vault_set_text(vault, "text", "hello", NULL), "set_text");
  must(lk_vault_set_date(vault, "date", 86400000, NULL), "set_date");
  lk_vault_close(vault);

  must(lk_vault_open(&where, &vault), "open");
  must(lk_vault_unlock(vault, &prompt, LK_ANY_SLOT), "unlock");
  must(lk_vault_get_text(vault, "text", text, sizeof text, &size), "get_text");
  must(lk_vault_get_date(vault, "date", &date), "get_date");
  if (strcmp(text, "hello") != 0 || date != 86400000) return 1;
  must(lk_vault_get(vault, "bytes", text, sizeof text, &size), "get");
  if (size != 3 || memcmp(text, "\0\1\2", 3) != 0) return 1;
  lk_vault_close(vault);
  return 0;
}
