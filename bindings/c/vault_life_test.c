/* What is no matter of a vault's contents: codes, buffers, structures; how vaults come, look and go. */
#include "test_support.h"

void test_general(void) {
  char buffer[256];
  uint8_t secret[4] = {1, 2, 3, 4};
  size_t size = 0;
  lk_policy policy;
  EXPECT(strcmp(lk_version(), "") != 0);
  EXPECT(strcmp(lk_code_name(LK_OK), "ok") == 0);
  EXPECT(strcmp(lk_code_name(LK_VAULT_LOCKED), "vault_locked") == 0);
  EXPECT(strcmp(lk_code_sentence(LK_VAULT_LOCKED), "the vault is locked; unlock it first") == 0);
  EXPECT(strcmp(lk_code_name(LK_BUFFER_TOO_SMALL), "buffer_too_small") == 0);
  EXPECT(strcmp(lk_code_name(4711), "unknown") == 0);
  EXPECT(strcmp(lk_code_sentence(4711), "") == 0);

  lk_wipe(secret, sizeof secret);
  EXPECT(secret[0] == 0 && secret[3] == 0);
  lk_wipe(NULL, 0);

  memset(&policy, 0, sizeof policy); /* LK_INIT forgotten */
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_policy_default(&policy));
  EXPECT_OK(lk_error_detail(buffer, sizeof buffer, &size));
  EXPECT(strcmp(buffer, "struct_size") == 0 && size == strlen(buffer));
  EXPECT_CODE(LK_BUFFER_TOO_SMALL, lk_error_detail(NULL, 0, &size));
  EXPECT(size == strlen("struct_size"));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_error_detail(NULL, 4, &size));

  LK_INIT(&policy);
  EXPECT_OK(lk_policy_default(&policy));
  EXPECT(policy.lock_after_idle == 300000);
  policy.lock_on_screen_off = 7;
  policy.struct_size = offsetof(lk_policy, lock_on_screen_off); /* an older caller's structure */
  EXPECT_OK(lk_policy_default(&policy));
  EXPECT(policy.lock_on_screen_off == 7);
}

static void refuses_null(void) {
  lk_vault_close(NULL);
  lk_status_free(NULL);
  lk_records_free(NULL);
  lk_batch_free(NULL);
  lk_observer_free(NULL);
  lk_cancel_free(NULL);
  lk_cancel_request(NULL);
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_open(NULL, NULL));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_look(NULL, NULL));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_create(NULL, NULL, NULL, NULL));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_destroy(NULL));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_adopt_device(NULL));
}

static void refuses_wrong_options(const char* path) {
  const lk_slot_request no_such = {99, NULL};
  lk_vault_options where = place_of(path);
  lk_create_options options;
  lk_vault* vault = NULL;
  LK_INIT(&options);
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_create(&where, &options, NULL, &vault)); /* no slots */
  options.slots = &no_such;
  options.slot_count = 1;
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_create(&where, &options, NULL, &vault));
  where.tpm2_pcrs = UINT32_C(1) << 24;
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_open(&where, &vault));
  where = place_of(path);
  where.kernel_keyring_timeout = -1;
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_open(&where, &vault));
  EXPECT(vault == NULL);
}

/* A newer caller's structure: what this library does not know may be there, but not be set. */
static void takes_larger_structures(const char* path) {
  struct {
    lk_vault_options known;
    uint64_t from_the_future;
  } where;
  lk_vault* vault = NULL;
  memset(&where, 0, sizeof where);
  where.known.struct_size = sizeof where;
  where.known.file = path;
  EXPECT_CODE(LK_NOT_FOUND, lk_vault_open(&where.known, &vault));
  where.from_the_future = 1;
  EXPECT_CODE(LK_UNSUPPORTED, lk_vault_open(&where.known, &vault));
}

static int32_t state_at(const char* path) {
  const lk_vault_options where = place_of(path);
  lk_status* status = NULL;
  int32_t state = -1;
  EXPECT_OK(lk_vault_look(&where, &status));
  state = lk_status_state(status);
  lk_status_free(status);
  return state;
}

static void comes_and_goes(const char* path) {
  const lk_vault_options where = place_of(path);
  test_user user = {NULL, 0, 0, ""};
  lk_prompt prompt = prompt_of(&user);
  lk_vault* vault = NULL;
  lk_vault* again = NULL;
  EXPECT(state_at(path) == LK_STATE_FRESH);
  EXPECT_CODE(LK_NOT_FOUND, lk_vault_destroy_unreadable(&where));
  vault = make_vault(path, &user);
  EXPECT(strlen(user.code) > 20);
  EXPECT(state_at(path) == LK_STATE_LOCKED); /* as another process sees it */
  put(vault, "token", "canary-in-c");
  EXPECT(!is_in_file(path, "canary-in-c") && !is_in_file(path, "token"));
  EXPECT_OK(lk_vault_adopt_device(vault));
  lk_vault_close(vault);

  EXPECT_OK(lk_vault_open(&where, &again));
  EXPECT(lk_vault_is_locked(again) == 1);
  EXPECT_OK(lk_vault_unlock(again, &prompt, LK_ANY_SLOT));
  EXPECT(strcmp(value_of(again, "token"), "canary-in-c") == 0);
  EXPECT_CODE(LK_CONFLICT, lk_vault_destroy_unreadable(&where));
  EXPECT_OK(lk_vault_destroy(again));
  EXPECT(state_at(path) == LK_STATE_FRESH);
  lk_vault_close(again);
}

static void damage_is_an_answer(const char* path) {
  const lk_vault_options where = place_of(path);
  const lk_slot_request slot = {LK_SLOT_RECOVERY_CODE, NULL};
  test_user user = {NULL, 0, 0, ""};
  const lk_prompt prompt = prompt_of(&user);
  lk_create_options options;
  lk_vault* vault = NULL;
  LK_INIT(&options);
  options.slots = &slot;
  options.slot_count = 1;
  write_text(path, "this is no vault");
  EXPECT(state_at(path) == LK_STATE_CORRUPTED);
  EXPECT_CODE(LK_VAULT_CORRUPTED, lk_vault_open(&where, &vault));
  EXPECT_CODE(LK_ALREADY_EXISTS, lk_vault_create(&where, &options, &prompt, &vault));
  EXPECT_OK(lk_vault_destroy_unreadable(&where));
  EXPECT(state_at(path) == LK_STATE_FRESH);
}

static void count_change(void* user_data) { __atomic_fetch_add((int*)user_data, 1, __ATOMIC_SEQ_CST); }
static int is_counted(void* user_data) { return __atomic_load_n((int*)user_data, __ATOMIC_SEQ_CST) != 0; }

/* Another handle stands for another process: the two share nothing but the file. */
static void others_use_it_too(const char* path) {
  const lk_vault_options where = place_of(path);
  test_user user = {NULL, 0, 0, ""};
  const lk_prompt prompt = prompt_of(&user);
  int changes = 0;
  uint64_t before = 0;
  uint64_t after = 0;
  lk_vault* other = NULL;
  lk_watch* watch = NULL;
  lk_vault* vault = make_vault(path, &user);
  EXPECT_OK(lk_vault_open(&where, &other));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_unlock_in_turn(other, &prompt, LK_ANY_SLOT, -1));
  EXPECT_OK(lk_vault_unlock_in_turn(other, &prompt, LK_ANY_SLOT, 0));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_watch(vault, NULL, NULL, &watch));
  EXPECT_OK(lk_vault_watch(vault, count_change, &changes, &watch));
  EXPECT_OK(lk_vault_get_revision_by_others(vault, &before));
  put(other, "name", "by another");
  EXPECT(wait_for(is_counted, &changes));
  lk_watch_free(watch);
  lk_watch_free(NULL);
  EXPECT_OK(lk_vault_get_revision_by_others(vault, &after));
  EXPECT(after > before);
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_get_revision_by_others(vault, NULL));
  EXPECT(strcmp(value_of(vault, "name"), "by another") == 0);
  lk_vault_close(other);
  EXPECT_OK(lk_vault_destroy(vault));
  lk_vault_close(vault);
}

void test_life(void) {
  char path[PATH_SIZE];
  path_of(path, "life.vault");
  refuses_null();
  refuses_wrong_options(path);
  takes_larger_structures(path);
  comes_and_goes(path);
  others_use_it_too(path);
  damage_is_an_answer(path);
}
