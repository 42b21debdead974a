#include "test_support.h"

static void keeps_bytes(lk_vault* vault) {
  static const char value[] = "two\0parts";
  char buffer[16] = "untouched";
  size_t size = 0;
  int32_t is_found = -1;
  EXPECT_OK(lk_vault_set(vault, "bytes", value, sizeof value, NULL));
  EXPECT_CODE(LK_BUFFER_TOO_SMALL, lk_vault_get(vault, "bytes", NULL, 0, &size));
  EXPECT(size == sizeof value);
  EXPECT_CODE(LK_BUFFER_TOO_SMALL, lk_vault_get(vault, "bytes", buffer, sizeof value - 1, &size));
  EXPECT(strcmp(buffer, "untouched") == 0);
  EXPECT_OK(lk_vault_get(vault, "bytes", buffer, sizeof value, &size));
  EXPECT(size == sizeof value && memcmp(buffer, value, size) == 0);
  EXPECT_OK(lk_vault_find(vault, "bytes", buffer, sizeof buffer, &size, &is_found));
  EXPECT(is_found == 1 && size == sizeof value);
  EXPECT_OK(lk_vault_find(vault, "nothing", buffer, sizeof buffer, &size, &is_found));
  EXPECT(is_found == 0 && size == 0);
  EXPECT_CODE(LK_NOT_FOUND, lk_vault_get(vault, "nothing", buffer, sizeof buffer, &size));
  EXPECT_OK(lk_vault_set(vault, "empty", NULL, 0, NULL));
  EXPECT_OK(lk_vault_get(vault, "empty", NULL, 0, &size));
  EXPECT(size == 0);
  EXPECT_OK(lk_vault_remove(vault, "empty"));
  EXPECT_CODE(LK_NOT_FOUND, lk_vault_remove(vault, "empty"));
}

static void refuses_what_is_no_record(lk_vault* vault) {
  static char large[LK_MAX_VALUE_SIZE + 1];
  char name[LK_MAX_NAME_SIZE + 2];
  size_t size = 0;
  int32_t is_found = 0;
  lk_record_options options;
  memset(name, 'n', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  EXPECT_CODE(LK_INPUT_TOO_LARGE, lk_vault_set(vault, "large", large, sizeof large, NULL));
  EXPECT_OK(lk_vault_set(vault, "large", large, LK_MAX_VALUE_SIZE, NULL));
  EXPECT_OK(lk_vault_remove(vault, "large"));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_set(vault, name, "v", 1, NULL));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_set(vault, "", "v", 1, NULL));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_set(vault, "\xff", "v", 1, NULL));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_set(vault, NULL, "v", 1, NULL));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_set(vault, "name", NULL, 1, NULL));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_get(vault, NULL, NULL, 0, &size));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_get(vault, "bytes", NULL, 0, NULL));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_get(vault, "bytes", NULL, 8, &size));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_find(vault, "bytes", NULL, 0, NULL, &is_found));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_remove(vault, NULL));
  LK_INIT(&options);
  options.kind = 9;
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_set(vault, "name", "v", 1, &options));
}

static int32_t take(void* user_data, const uint8_t* value, size_t size) {
  char* out = user_data;
  memcpy(out, value, size);
  out[size] = '\0';
  return LK_OK;
}
static int32_t refuse(void* user_data, const uint8_t* value, size_t size) {
  (void)user_data, (void)value, (void)size;
  return LK_NETWORK_UNREACHABLE;
}
static int32_t answer_nonsense(void* user_data, const uint8_t* value, size_t size) {
  (void)user_data, (void)value, (void)size;
  return 4711;
}

static void hands_values_over(lk_vault* vault) {
  char taken[64] = "";
  put(vault, "key", "handed over");
  EXPECT_OK(lk_vault_use_value(vault, "key", take, taken));
  EXPECT(strcmp(taken, "handed over") == 0);
  EXPECT_CODE(LK_NETWORK_UNREACHABLE, lk_vault_use_value(vault, "key", refuse, NULL));
  EXPECT_CODE(LK_INTERNAL, lk_vault_use_value(vault, "key", answer_nonsense, NULL));
  EXPECT_CODE(LK_NOT_FOUND, lk_vault_use_value(vault, "nothing", take, taken));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_use_value(vault, "key", NULL, NULL));
  EXPECT_OK(lk_vault_remove(vault, "key"));
}

static void lists_and_pages(lk_vault* vault) {
  char name[32];
  char last[32] = "";
  size_t pages = 0;
  size_t seen = 0;
  lk_records* records = NULL;
  lk_record_info info;
  LK_INIT(&info);
  for (int i = 0; i < 25; ++i) {
    snprintf(name, sizeof name, "list/%02d", i);
    put(vault, name, "x");
  }
  EXPECT_OK(lk_vault_list(vault, "list/", &records));
  EXPECT(lk_records_count(records) == 25);
  EXPECT_OK(lk_records_info(records, 24, &info));
  EXPECT(strcmp(info.name, "list/24") == 0 && info.name_size == 7 && info.written_at > 0);
  EXPECT_CODE(LK_NOT_FOUND, lk_records_info(records, 25, &info));
  lk_records_free(records);
  EXPECT_OK(lk_vault_list(vault, NULL, &records));
  EXPECT(lk_records_count(records) >= 25);
  lk_records_free(records);
  for (;; ++pages) {
    EXPECT_OK(lk_vault_page(vault, "list/", last, 10, &records));
    const size_t count = lk_records_count(records);
    if (count != 0 && lk_records_info(records, count - 1, &info) == LK_OK) snprintf(last, sizeof last, "%s", info.name);
    seen += count;
    lk_records_free(records);
    if (count == 0) break;
  }
  EXPECT(pages == 3 && seen == 25);
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_list(vault, NULL, NULL));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_page(vault, NULL, NULL, 1, NULL));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_records_info(NULL, 0, &info));
  EXPECT(lk_records_count(NULL) == 0);
}

static void changes_all_or_nothing(lk_vault* vault) {
  uint64_t before = 0;
  uint64_t after = 0;
  lk_batch* batch = lk_batch_new();
  lk_record_info info;
  LK_INIT(&info);
  put(vault, "one", "1");
  EXPECT_OK(lk_vault_get_info(vault, "one", &info));
  EXPECT(info.name == NULL && info.kind == LK_RECORD_BYTES && info.sequence > 0 && info.expires_at == 0);
  EXPECT_CODE(LK_NOT_FOUND, lk_vault_get_info(vault, "nothing", &info));
  EXPECT_OK(lk_vault_get_revision(vault, &before));
  EXPECT_OK(lk_batch_set(batch, "one", "2", 1, NULL, info.sequence));
  EXPECT_OK(lk_batch_set(batch, "two", "2", 1, NULL, 0));
  EXPECT_OK(lk_batch_remove(batch, "list/00", LK_ANY_SEQUENCE));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_batch_set(NULL, "one", "2", 1, NULL, 0));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_batch_remove(batch, NULL, 0));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_apply(vault, NULL));
  EXPECT_OK(lk_vault_apply(vault, batch));
  EXPECT(strcmp(value_of(vault, "one"), "2") == 0 && strcmp(value_of(vault, "two"), "2") == 0);
  EXPECT_CODE(LK_CONFLICT, lk_vault_apply(vault, batch)); /* both sequences are others now */
  lk_batch_free(batch);
  EXPECT_OK(lk_vault_get_revision(vault, &after));
  EXPECT(after > before);
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_get_revision(vault, NULL));
}

static void forgets_in_time(lk_vault* vault) {
  lk_record_options options;
  LK_INIT(&options);
  options.kind = LK_RECORD_TEXT;
  options.expires_at = 1; /* long ago */
  EXPECT_OK(lk_vault_set(vault, "expired", "x", 1, &options));
  EXPECT(strcmp(value_of(vault, "expired"), "") == 0);
  EXPECT_OK(lk_vault_purge(vault));
}

static void count_progress(void* user_data, uint64_t records) { *(uint64_t*)user_data = records; }

static void rotates(lk_vault* vault) {
  uint64_t so_far = 0;
  lk_cancel* cancel = lk_cancel_new();
  lk_cancel_request(cancel);
  EXPECT_CODE(LK_CANCELLED, lk_vault_rotate(vault, NULL, NULL, cancel));
  EXPECT(strcmp(value_of(vault, "two"), "2") == 0);
  EXPECT_OK(lk_vault_rotate(vault, count_progress, &so_far, NULL)); /* carries on */
  EXPECT(so_far > 0);
  EXPECT(strcmp(value_of(vault, "two"), "2") == 0);
  EXPECT_OK(lk_vault_verify(vault));
  lk_cancel_free(cancel);
}

static void locked_means_locked(lk_vault* vault) {
  size_t size = 0;
  uint64_t revision = 0;
  lk_records* records = NULL;
  EXPECT_OK(lk_vault_lock(vault, LK_LOCK_MANUAL));
  EXPECT_CODE(LK_VAULT_LOCKED, lk_vault_set(vault, "one", "1", 1, NULL));
  EXPECT_CODE(LK_VAULT_LOCKED, lk_vault_get(vault, "one", NULL, 0, &size));
  EXPECT_CODE(LK_VAULT_LOCKED, lk_vault_remove(vault, "one"));
  EXPECT_CODE(LK_VAULT_LOCKED, lk_vault_list(vault, NULL, &records));
  EXPECT_CODE(LK_VAULT_LOCKED, lk_vault_get_revision(vault, &revision));
  EXPECT_CODE(LK_VAULT_LOCKED, lk_vault_verify(vault));
  EXPECT_CODE(LK_VAULT_LOCKED, lk_vault_purge(vault));
  EXPECT_CODE(LK_VAULT_LOCKED, lk_vault_rotate(vault, NULL, NULL, NULL));
}

void test_records(void) {
  char path[PATH_SIZE];
  test_user user = {NULL, 0, 0, ""};
  lk_vault* vault = make_vault(path_of(path, "records.vault"), &user);
  keeps_bytes(vault);
  refuses_what_is_no_record(vault);
  hands_values_over(vault);
  lists_and_pages(vault);
  changes_all_or_nothing(vault);
  forgets_in_time(vault);
  rotates(vault);
  locked_means_locked(vault);
  lk_vault_close(vault);
}
