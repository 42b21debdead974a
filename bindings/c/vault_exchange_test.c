#include <stdio.h>

#include "test_support.h"

/* Opens nothing but what this test locks with it. */
static const char test_identity[] = "AGE-SECRET-KEY-1YRGWDQLT34JWCMA78Y6XMJ6MM2CLGT7FHZ9L4H9CN8RWX4MQKD8SMPYF2G\n";
static const char* const test_recipient[] = {"age1lth6fp8c2x76yj49yxr8p70q4mz63jl3txhsg93m9t88tq7fuc4s5304uv"};

typedef struct seen {
  int outcomes[5];
  int asked;
} seen;

static int32_t type_passphrase(void* user_data, uint8_t* buffer, size_t capacity, size_t* size) {
  ++((seen*)user_data)->asked;
  *size = strlen("four random words");
  if (*size > capacity) return LK_INPUT_TOO_LARGE;
  memcpy(buffer, "four random words", *size);
  return LK_OK;
}
static void count_outcome(void* user_data, const char* name, int32_t outcome) {
  EXPECT(name[0] != '\0');
  if (outcome >= 0 && outcome < 5) ++((seen*)user_data)->outcomes[outcome];
}

static lk_import_options importing(seen* what) {
  lk_import_options options;
  LK_INIT(&options);
  options.user_data = what;
  options.ask_passphrase = type_passphrase;
  options.on_outcome = count_outcome;
  return options;
}

static void goes_through_a_passphrase(lk_vault* vault) {
  char path[PATH_SIZE];
  uint64_t count = 0;
  seen what = {{0}, 0};
  const lk_import_options from = importing(&what);
  lk_export_options options;
  lk_import_report report;
  LK_INIT(&options);
  LK_INIT(&report);
  path_of(path, "passphrase.age");
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_export(vault, path, &options, &count)); /* nothing to lock it with */
  options.passphrase = "four random words";
  options.passphrase_size = strlen("four random words");
  options.work_factor = 10;
  EXPECT_OK(lk_vault_export(vault, path, &options, &count));
  EXPECT(count == 2);
  EXPECT_CODE(LK_ALREADY_EXISTS, lk_vault_export(vault, path, &options, NULL));
  EXPECT(is_in_file(path, "age-encryption.org/v1") && !is_in_file(path, "canary-one"));

  EXPECT_OK(lk_vault_remove(vault, "one"));
  EXPECT_OK(lk_vault_import(vault, path, &from, &report));
  EXPECT(what.asked == 1 && report.format == LK_SOURCE_LATCHKEY && report.records == 2);
  EXPECT(what.outcomes[LK_OUTCOME_ADDED] == 1 && what.outcomes[LK_OUTCOME_UNCHANGED] == 1);
  EXPECT(strcmp(value_of(vault, "one"), "canary-one") == 0);
}

static void goes_through_a_key(lk_vault* vault) {
  static const char* const wrong[] = {"age1wrong"};
  char path[PATH_SIZE];
  lk_export_options options;
  lk_import_options from;
  lk_import_report report;
  LK_INIT(&options);
  LK_INIT(&from);
  LK_INIT(&report);
  path_of(path, "key.age");
  options.recipients = wrong;
  options.recipient_count = 1;
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_export(vault, path, &options, NULL));
  options.recipients = test_recipient;
  options.is_armored = 1;
  EXPECT_OK(lk_vault_export(vault, path, &options, NULL));
  EXPECT(is_in_file(path, "-----BEGIN AGE ENCRYPTED FILE-----"));
  EXPECT(lk_vault_import(vault, path, &from, NULL) != LK_OK); /* without the key */
  from.identities = "no key";
  EXPECT_CODE(LK_INVALID_FORMAT, lk_vault_import(vault, path, &from, NULL));
  from.identities = test_identity;
  EXPECT_OK(lk_vault_import(vault, path, &from, &report));
  EXPECT(report.records == 2 && report.is_source_removed == 0);
}

static void takes_files_of_others(lk_vault* vault) {
  char path[PATH_SIZE];
  seen what = {{0}, 0};
  lk_import_options from = importing(&what);
  lk_import_report report;
  LK_INIT(&report);
  path_of(path, "others.json");
  write_text(path, "{\"one\":\"another value\",\"three\":\"3\"}");
  EXPECT_CODE(LK_CONFLICT, lk_vault_import(vault, path, &from, NULL));
  EXPECT(what.outcomes[LK_OUTCOME_CONFLICT] == 1 && strcmp(value_of(vault, "three"), "") == 0);
  from.on_conflict = LK_CONFLICT_KEEP;
  EXPECT_OK(lk_vault_import(vault, path, &from, NULL));
  EXPECT(strcmp(value_of(vault, "one"), "canary-one") == 0 && strcmp(value_of(vault, "three"), "3") == 0);
  from.on_conflict = LK_CONFLICT_REPLACE;
  from.format = LK_SOURCE_JSON;
  from.is_source_removed = 1;
  EXPECT_OK(lk_vault_import(vault, path, &from, &report));
  EXPECT(report.format == LK_SOURCE_JSON && report.is_source_removed == 1 && report.left_out == 0);
  EXPECT(strcmp(value_of(vault, "one"), "another value") == 0);
  EXPECT(fopen(path, "rb") == NULL);
  EXPECT_CODE(LK_NOT_FOUND, lk_vault_import(vault, path, NULL, NULL));
  from.format = 77;
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_import(vault, path, &from, NULL));
  from.format = LK_SOURCE_DETECT;
  from.on_conflict = 77;
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_import(vault, path, &from, NULL));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_import(vault, NULL, NULL, NULL));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_export(vault, path, NULL, NULL));
}

void test_exchange(void) {
  char path[PATH_SIZE];
  test_user user = {NULL, 0, 0, ""};
  lk_vault* vault = make_vault(path_of(path, "exchange.vault"), &user);
  put(vault, "one", "canary-one");
  put(vault, "two", "canary-two");
  goes_through_a_passphrase(vault);
  goes_through_a_key(vault);
  takes_files_of_others(vault);
  lk_vault_close(vault);
}
