/* Records by their kind. */
#include "test_support.h"

static void texts_and_documents(lk_vault* vault) {
  char buffer[64];
  size_t size = 0;
  lk_record_info info;
  EXPECT_OK(lk_vault_set_text(vault, "text", "h\xc3\xa9llo", NULL));
  EXPECT_OK(lk_vault_get_text(vault, "text", buffer, sizeof buffer, &size));
  EXPECT(size == 6 && strcmp(buffer, "h\xc3\xa9llo") == 0);
  EXPECT_CODE(LK_BUFFER_TOO_SMALL, lk_vault_get_text(vault, "text", buffer, 6, &size)); /* no room for the zero byte */
  EXPECT_CODE(LK_INVALID_FORMAT, lk_vault_set_text(vault, "text", "\xff", NULL));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_set_text(vault, "text", NULL, NULL));
  EXPECT_OK(lk_vault_set_json(vault, "json", "{ \"a\": [1, null] }", NULL));
  EXPECT_OK(lk_vault_get_json(vault, "json", buffer, sizeof buffer, &size));
  EXPECT(strcmp(buffer, "{ \"a\": [1, null] }") == 0); /* as it was written */
  EXPECT_CODE(LK_INVALID_FORMAT, lk_vault_set_json(vault, "json", "{a:1}", NULL));
  LK_INIT(&info);
  EXPECT_OK(lk_vault_get_info(vault, "json", &info));
  EXPECT(info.kind == LK_RECORD_JSON);
}

static void dates(lk_vault* vault) {
  const int64_t some[] = {0, -1, INT64_C(1709251199999), INT64_C(253402300799999), INT64_C(-62167219200000)};
  int64_t date = 1;
  size_t i = 0;
  for (i = 0; i < sizeof some / sizeof *some; ++i) {
    EXPECT_OK(lk_vault_set_date(vault, "date", some[i], NULL));
    EXPECT_OK(lk_vault_get_date(vault, "date", &date));
    EXPECT(date == some[i]);
  }
  EXPECT_OK(lk_vault_set_date(vault, "date", 0, NULL));
  EXPECT(strcmp(value_of(vault, "date"), "1970-01-01T00:00:00.000Z") == 0);
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_set_date(vault, "date", INT64_MAX, NULL));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_set_date(vault, "date", INT64_MIN, NULL));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_get_date(vault, "date", NULL));
}

static void another_kind_is_refused(lk_vault* vault) {
  char buffer[64];
  size_t size = 0;
  int64_t date = 0;
  lk_record_options options;
  put(vault, "bytes", "123");
  EXPECT_CODE(LK_INVALID_FORMAT, lk_vault_get_text(vault, "bytes", buffer, sizeof buffer, &size));
  EXPECT_CODE(LK_INVALID_FORMAT, lk_vault_get_json(vault, "text", buffer, sizeof buffer, &size));
  EXPECT_CODE(LK_INVALID_FORMAT, lk_vault_get_date(vault, "text", &date));
  EXPECT_CODE(LK_NOT_FOUND, lk_vault_get_date(vault, "none", &date));
  LK_INIT(&options);
  options.kind = LK_RECORD_DATE;
  EXPECT_OK(lk_vault_set(vault, "date", "yesterday", 9, &options)); /* any bytes under any kind, but not read as one */
  EXPECT_CODE(LK_INVALID_FORMAT, lk_vault_get_date(vault, "date", &date));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_set_text(vault, "text", "x", &options)); /* the function says the kind */
  options.kind = 0;
  options.is_ask_every_time = 1;
  EXPECT_OK(lk_vault_set_text(vault, "asks", "x", &options));
  EXPECT_CODE(LK_REAUTHENTICATION_REQUIRED, lk_vault_get_text(vault, "asks", buffer, sizeof buffer, &size));
}

void test_values(void) {
  char path[PATH_SIZE];
  test_user user = {NULL, 0, 0, ""};
  lk_vault* vault = make_vault(path_of(path, "values.vault"), &user);
  texts_and_documents(vault);
  dates(vault);
  another_kind_is_refused(vault);
  lk_vault_close(vault);
}
