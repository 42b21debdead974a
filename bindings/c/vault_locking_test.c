/* Status, locking, authentication, observers, slots. */
#include "test_support.h"

void test_status(void) {
  char path[PATH_SIZE];
  char small[8] = "";
  char json[4096];
  size_t size = 0;
  test_user user = {NULL, 0, 0, ""};
  lk_vault* vault = make_vault(path_of(path, "status.vault"), &user);
  lk_status* status = NULL;
  lk_slot slot;
  lk_policy policy;
  uint8_t id[LK_ID_SIZE] = {0};
  uint64_t count = 1;
  LK_INIT(&slot);
  LK_INIT(&policy);
  EXPECT_OK(lk_vault_status(vault, &status));
  EXPECT(lk_status_state(status) == LK_STATE_UNLOCKED);
  EXPECT(lk_status_level(status) == LK_LEVEL_SOFTWARE);
  EXPECT(lk_status_is_other_device(status) == 0 && lk_status_is_rotation_due(status) == 0);
  EXPECT(lk_status_unlocked_by(status) == 1);
  EXPECT(lk_status_slot_count(status) == 1);
  EXPECT_OK(lk_status_slot(status, 0, &slot));
  EXPECT(slot.id == 1 && slot.kind == LK_SLOT_RECOVERY_CODE && slot.is_portable == 1 && slot.problem == LK_OK);
  EXPECT(strcmp(slot.label, "on paper") == 0 && slot.created_at > 0);
  EXPECT_CODE(LK_NOT_FOUND, lk_status_slot(status, 1, &slot));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_status_slot(NULL, 0, &slot));
  EXPECT_OK(lk_status_policy(status, &policy));
  EXPECT(policy.lock_after_idle == 300000);
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_status_policy(status, NULL));
  EXPECT_OK(lk_status_id(status, id));
  EXPECT(memcmp(id, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", sizeof id) != 0);
  EXPECT(lk_status_generation(status) == 1 && lk_status_rotated_at(status) > 0);
  EXPECT_OK(lk_status_record_count(status, &count));
  EXPECT(count == 0);

  EXPECT_CODE(LK_BUFFER_TOO_SMALL, lk_status_json(status, small, sizeof small, &size));
  EXPECT(small[0] == '\0' && size > sizeof small);
  EXPECT_OK(lk_status_json(status, json, size + 1, &size));
  EXPECT(strlen(json) == size);
  EXPECT(strstr(json, "{\"state\":\"unlocked\",\"id\":\"") == json);
  EXPECT(strstr(json, "\"kind\":\"recovery-code\",\"label\":\"on paper\"") != NULL);
  EXPECT(strstr(json, "\"lock_after_idle_ms\":300000") != NULL);
  lk_status_free(status);

  EXPECT_OK(lk_vault_lock(vault, LK_LOCK_MANUAL));
  EXPECT_OK(lk_vault_status(vault, &status));
  EXPECT_CODE(LK_VAULT_LOCKED, lk_status_record_count(status, &count));
  EXPECT_OK(lk_status_id(status, id));
  lk_status_free(status);
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_status_id(NULL, id));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_status_record_count(NULL, &count));
  EXPECT(lk_status_generation(NULL) == 0 && lk_status_rotated_at(NULL) == 0);
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_status(vault, NULL));
  EXPECT(lk_status_state(NULL) == LK_STATE_TEMPORARILY_UNAVAILABLE && lk_status_level(NULL) == 0);
  EXPECT(lk_status_slot_count(NULL) == 0 && lk_status_unlocked_by(NULL) == LK_ANY_SLOT);
  lk_vault_close(vault);
}

typedef struct heard {
  lk_vault* vault;
  int locks;
  int unlocks;
  int32_t reason;
  uint32_t slot;
  int32_t kind;
} heard;

static void hear_lock(void* user_data, int32_t reason) {
  heard* so_far = user_data;
  so_far->reason = reason;
  __atomic_fetch_add(&so_far->locks, 1, __ATOMIC_SEQ_CST); /* the lock timer has a thread of its own */
}
static void hear_unlock(void* user_data, uint32_t slot, int32_t kind) {
  heard* so_far = user_data;
  ++so_far->unlocks;
  so_far->slot = slot;
  so_far->kind = kind;
  EXPECT(strcmp(value_of(so_far->vault, "name"), "value") == 0); /* the vault may be used from here */
}

static void tells_observers(lk_vault* vault, const lk_prompt* prompt) {
  heard so_far = {vault, 0, 0, -1, 0, 0};
  lk_observing observing;
  lk_observer* observer = NULL;
  LK_INIT(&observing);
  observing.user_data = &so_far;
  observing.on_lock = hear_lock;
  observing.on_unlock = hear_unlock;
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_observe(vault, NULL, &observer));
  EXPECT_OK(lk_vault_observe(vault, &observing, &observer));
  EXPECT_OK(lk_vault_lock(vault, LK_LOCK_SCREEN_OFF));
  EXPECT(so_far.locks == 1 && so_far.reason == LK_LOCK_SCREEN_OFF);
  EXPECT_OK(lk_vault_unlock(vault, prompt, LK_ANY_SLOT));
  EXPECT(so_far.unlocks == 1 && so_far.slot == 1 && so_far.kind == LK_SLOT_RECOVERY_CODE);
  lk_observer_free(observer);
  EXPECT_OK(lk_vault_lock(vault, LK_LOCK_MANUAL));
  EXPECT(so_far.locks == 1);
  EXPECT_OK(lk_vault_unlock(vault, prompt, LK_ANY_SLOT));
}

static void asks_the_user(lk_vault* vault, test_user* user) {
  const lk_prompt prompt = prompt_of(user);
  const char* right = user->answer;
  lk_prompt stopped = prompt;
  lk_cancel* cancel = lk_cancel_new();
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_lock(vault, 99));
  EXPECT_OK(lk_vault_lock(vault, LK_LOCK_MANUAL));
  EXPECT(lk_vault_is_locked(vault) == 1);
  EXPECT_CODE(LK_USER_CANCELLED, lk_vault_unlock(vault, NULL, LK_ANY_SLOT)); /* nobody can be asked */
  user->answer = NULL;
  EXPECT_CODE(LK_USER_CANCELLED, lk_vault_unlock(vault, &prompt, LK_ANY_SLOT));
  user->answer = "not a code";
  EXPECT_CODE(LK_INVALID_FORMAT, lk_vault_unlock(vault, &prompt, 1));
  EXPECT_CODE(LK_NOT_FOUND, lk_vault_unlock(vault, &prompt, 77));
  user->answer = right;
  lk_cancel_request(cancel);
  stopped.cancel = cancel;
  EXPECT_CODE(LK_CANCELLED, lk_vault_unlock(vault, &stopped, LK_ANY_SLOT));
  lk_cancel_free(cancel);
  EXPECT_OK(lk_vault_check_slot(vault, &prompt, 1));
  EXPECT_CODE(LK_NOT_FOUND, lk_vault_check_slot(vault, &prompt, 77));
  EXPECT(lk_vault_is_locked(vault) == 1);
  user->asked = 0;
  EXPECT_OK(lk_vault_unlock(vault, &prompt, LK_ANY_SLOT));
  EXPECT(user->asked == 1 && user->last_ask == LK_ASK_ENTER);
  EXPECT_OK(lk_vault_unlock(vault, &prompt, LK_ANY_SLOT)); /* it is open: nobody is asked */
  EXPECT(user->asked == 1);
}

static void asks_every_time(lk_vault* vault, const lk_prompt* prompt) {
  char buffer[16];
  size_t size = 0;
  lk_read_window* window = NULL;
  lk_record_options options;
  LK_INIT(&options);
  options.is_ask_every_time = 1;
  EXPECT_OK(lk_vault_set(vault, "guarded", "pin", 3, &options));
  EXPECT_CODE(LK_REAUTHENTICATION_REQUIRED, lk_vault_get(vault, "guarded", buffer, sizeof buffer, &size));
  EXPECT_OK(lk_vault_authenticate(vault, prompt, LK_ANY_SLOT));
  EXPECT_OK(lk_vault_get(vault, "guarded", buffer, sizeof buffer, &size));
  EXPECT(size == 3 && memcmp(buffer, "pin", 3) == 0);
  EXPECT_CODE(LK_REAUTHENTICATION_REQUIRED, lk_vault_get(vault, "guarded", buffer, sizeof buffer, &size));

  EXPECT_CODE(LK_REAUTHENTICATION_REQUIRED, lk_vault_open_read_window(vault, &window));
  EXPECT_OK(lk_vault_authenticate(vault, prompt, LK_ANY_SLOT));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_open_read_window(vault, NULL));
  EXPECT_OK(lk_vault_open_read_window(vault, &window));
  for (int i = 0; i < 2; ++i) EXPECT_OK(lk_vault_get_in_window(vault, window, "guarded", buffer, sizeof buffer, &size));
  EXPECT(size == 3);
  EXPECT_CODE(LK_BUFFER_TOO_SMALL, lk_vault_get_in_window(vault, window, "guarded", NULL, 0, &size));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_get_in_window(vault, NULL, "guarded", NULL, 0, &size));
  EXPECT_OK(lk_vault_lock(vault, LK_LOCK_MANUAL));
  EXPECT_OK(lk_vault_unlock(vault, prompt, LK_ANY_SLOT));
  EXPECT_CODE(LK_REAUTHENTICATION_REQUIRED,
              lk_vault_get_in_window(vault, window, "guarded", buffer, sizeof buffer, &size));
  lk_read_window_free(window);
  EXPECT_OK(lk_vault_remove(vault, "guarded"));
}

static int is_locked_now(void* vault) {
  int64_t next = 0;
  EXPECT_OK(lk_vault_enforce_policy(vault, &next));
  return lk_vault_is_locked(vault);
}
static int has_heard_lock(void* so_far) { return __atomic_load_n(&((heard*)so_far)->locks, __ATOMIC_SEQ_CST) != 0; }

static void locks_by_policy(lk_vault* vault, const lk_prompt* prompt) {
  heard so_far = {vault, 0, 0, -1, 0, 0};
  int64_t next = 0;
  lk_observing observing;
  lk_observer* observer = NULL;
  lk_policy policy;
  LK_INIT(&policy);
  EXPECT_OK(lk_vault_set_policy(vault, &policy)); /* never */
  EXPECT_OK(lk_vault_enforce_policy(vault, &next));
  EXPECT(next == -1);
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_enforce_policy(vault, NULL));
  EXPECT_OK(lk_vault_note_backgrounded(vault));
  EXPECT_OK(lk_vault_note_foregrounded(vault));
  EXPECT(lk_vault_is_locked(vault) == 0);
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_set_policy(vault, NULL));
  policy.lock_after_idle = -1;
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_set_policy(vault, &policy));
  policy.lock_after_idle = 0;
  policy.after_attempts = 5;
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_set_policy(vault, &policy));
  policy.after_attempts = LK_ATTEMPTS_DELAY;

  policy.maximum_unlocked_time = 1;
  EXPECT_OK(lk_vault_set_policy(vault, &policy));
  EXPECT(wait_for(is_locked_now, vault));

  LK_INIT(&observing);
  observing.user_data = &so_far;
  observing.on_lock = hear_lock;
  EXPECT_OK(lk_vault_observe(vault, &observing, &observer));
  EXPECT_OK(lk_vault_unlock(vault, prompt, LK_ANY_SLOT));
  EXPECT_OK(lk_vault_start_lock_timer(vault));
  EXPECT_OK(lk_vault_start_lock_timer(vault)); /* is one already */
  EXPECT(wait_for(has_heard_lock, &so_far));
  EXPECT(so_far.reason == LK_LOCK_MAXIMUM_UNLOCKED_TIME);
  lk_observer_free(observer);
}

void test_locking(void) {
  char path[PATH_SIZE];
  test_user user = {NULL, 0, 0, ""};
  const lk_prompt prompt = prompt_of(&user);
  lk_vault* vault = make_vault(path_of(path, "locking.vault"), &user);
  put(vault, "name", "value");
  EXPECT(lk_vault_is_locked(NULL) == 1);
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_unlock(NULL, &prompt, LK_ANY_SLOT));
  asks_the_user(vault, &user);
  tells_observers(vault, &prompt);
  asks_every_time(vault, &prompt);
  locks_by_policy(vault, &prompt);
  lk_vault_close(vault);
}

static void count_config(void* user_data, const lk_protection* protection) {
  EXPECT(protection->struct_size == sizeof *protection);
  *(int32_t*)user_data = protection->type;
}

static void changes_its_type(const char* path) {
  const lk_slot_request request = {LK_SLOT_PASSCODE, NULL};
  const uint32_t kept[] = {1};
  test_user user = {NULL, 0, 0, ""};
  test_user memory = {"correct horse", 0, 0, ""};
  const lk_prompt prompt = prompt_of(&memory);
  int32_t changed_to = -1;
  lk_protection protection;
  lk_config config;
  lk_observing observing;
  lk_observer* observer = NULL;
  lk_status* status = NULL;
  lk_vault* vault = make_vault(path, &user);
  LK_INIT(&protection);
  LK_INIT(&config);
  LK_INIT(&observing);
  put(vault, "name", "value");
  observing.user_data = &changed_to;
  observing.on_config_changed = count_config;
  EXPECT_OK(lk_vault_observe(vault, &observing, &observer));
  protection.type = LK_TYPE_CUSTOM_PASSCODE;
  config.protection = &protection;
  config.kept_slots = kept;
  config.kept_slot_count = 1;
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_update_config(vault, &config, &prompt)); /* no passcode */
  config.new_slots = &request;
  config.new_slot_count = 1;
  EXPECT_OK(lk_vault_update_config(vault, &config, &prompt));
  EXPECT(changed_to == LK_TYPE_CUSTOM_PASSCODE);
  EXPECT(strcmp(value_of(vault, "name"), "value") == 0);
  protection.type = 77;
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_update_config(vault, &config, &prompt));
  EXPECT_OK(lk_vault_status(vault, &status));
  EXPECT_OK(lk_status_protection(status, &protection));
  EXPECT(protection.type == LK_TYPE_CUSTOM_PASSCODE && lk_status_slot_count(status) == 2);
  EXPECT(lk_status_presence(status) == LK_PRESENCE_NONE && lk_status_is_key_bound(status) == 0);
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_status_protection(NULL, &protection));
  lk_status_free(status);
  lk_observer_free(observer);
  lk_vault_close(vault);
}

static void count_nothing(void* user_data) { (void)user_data; }

static void lives_in_memory(void) {
  lk_watch* watch = NULL;
  lk_vault* vault = NULL;
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_create_in_memory(NULL, NULL));
  EXPECT_OK(lk_vault_create_in_memory(NULL, &vault));
  put(vault, "name", "value");
  EXPECT(strcmp(value_of(vault, "name"), "value") == 0);
  EXPECT_OK(lk_vault_note_screen_locked(vault)); /* the default policy locks */
  EXPECT(lk_vault_is_locked(vault) == 1);
  EXPECT_OK(lk_vault_unlock_in_turn(vault, NULL, LK_ANY_SLOT, 0));
  EXPECT_CODE(LK_UNSUPPORTED, lk_vault_watch(vault, count_nothing, NULL, &watch));
  EXPECT(strcmp(value_of(vault, "name"), "value") == 0);
  lk_vault_close(vault);
}

void test_slots(void) {
  char path[PATH_SIZE];
  test_user paper = {NULL, 0, 0, ""};
  test_user memory = {"correct horse", 0, 0, ""};
  const lk_prompt from_paper = prompt_of(&paper);
  const lk_prompt from_memory = prompt_of(&memory);
  const lk_slot_request request = {LK_SLOT_PASSCODE, NULL};
  const lk_slot_request unknown = {0, NULL};
  const lk_slot_request no_token = {LK_SLOT_PKCS11, NULL};
  uint32_t slot = 0;
  size_t left = 1;
  lk_vault* vault = make_vault(path_of(path, "slots.vault"), &paper);
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_add_slot(vault, &unknown, &from_memory, &slot));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_add_slot(vault, NULL, &from_memory, &slot));
  EXPECT_CODE(LK_UNSUPPORTED, lk_vault_add_slot(vault, &no_token, &from_memory, &slot));
  EXPECT_CODE(LK_SLOT_IN_USE, lk_vault_remove_slot(vault, 1));
  EXPECT_OK(lk_vault_add_slot(vault, &request, &from_memory, &slot));
  EXPECT(slot == 2 && memory.last_ask == LK_ASK_CHOOSE_NEW);
  memory.answer = "battery staple";
  EXPECT_OK(lk_vault_rewrap_slot(vault, slot, &from_memory));
  EXPECT_OK(lk_vault_remove_left_keys(vault, &left));
  EXPECT(left == 0);
  EXPECT_OK(lk_vault_remove_left_keys(vault, NULL));
  lk_status* status = NULL;
  EXPECT_OK(lk_vault_status(vault, &status));
  EXPECT(lk_status_left_keys(status) == 0);
  EXPECT(lk_status_left_keys(NULL) == 0);
  lk_status_free(status);
  EXPECT_CODE(LK_NOT_FOUND, lk_vault_rewrap_slot(vault, 77, &from_memory));
  EXPECT_OK(lk_vault_remove_slot(vault, 1));
  EXPECT_CODE(LK_NOT_FOUND, lk_vault_remove_slot(vault, 1));
  EXPECT_OK(lk_vault_lock(vault, LK_LOCK_MANUAL));
  EXPECT_CODE(LK_NOT_FOUND, lk_vault_unlock(vault, &from_paper, 1));
  memory.answer = "correct horse";
  EXPECT_CODE(LK_WRONG_PASSCODE, lk_vault_unlock(vault, &from_memory, slot));
  memory.answer = "battery staple";
  EXPECT_OK(lk_vault_unlock(vault, &from_memory, slot));
  lk_vault_close(vault);
  changes_its_type(path_of(path, "type.vault"));
  lives_in_memory();
}
