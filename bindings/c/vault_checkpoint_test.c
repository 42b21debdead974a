/* A store of checkpoints that the host makes: older copies of the whole file put back, the store away, refusing, losing
 * its answers. The vaults are real files; what is put back are real copies of them. */
#include <pthread.h>

#include "test_support.h"

/* The vault's own thread asks, too. */
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
#define GUARDED(change)           \
  do {                            \
    pthread_mutex_lock(&guard);   \
    change;                       \
    pthread_mutex_unlock(&guard); \
  } while (0)

typedef struct test_store {
  uint64_t count; /* 0: it keeps none */
  uint8_t vault[LK_ID_SIZE];
  int32_t failure;       /* instead of an answer */
  int loses_answers;     /* it does what it is asked, and nobody hears of it */
  int32_t conflict_with; /* not 0: another number in a conflict than what is stored */
  int calls;
  int hangs, given_up;                          /* puts wait until nobody wants their answer any more */
  uint32_t interval;                            /* 0: an hour, so that only what a test asks for happens */
  void (*look)(const lk_checkpoint_call* call); /* what the host does with the call; NULL: nothing */
} test_store;

static int32_t begin(test_store* store, const lk_checkpoint_call* call) {
  uint8_t vault[LK_ID_SIZE];
  ++store->calls;
  lk_checkpoint_vault(call, vault);
  if (store->count != 0) EXPECT(memcmp(vault, store->vault, sizeof vault) == 0);
  memcpy(store->vault, vault, sizeof vault);
  if (lk_checkpoint_is_cancelled(call)) return LK_CANCELLED;
  if (store->look != NULL) store->look(call);
  return store->failure;
}

static int32_t get_count(void* user_data, const lk_checkpoint_call* call, uint64_t* count) {
  test_store* store = user_data;
  int32_t code = LK_OK;
  GUARDED(code = begin(store, call); *count = store->count);
  if (code != LK_OK) return code;
  return *count == 0 ? LK_KEY_MISSING : LK_OK;
}

static int is_given_up(void* user_data) { return lk_checkpoint_is_cancelled(user_data); }

static int32_t put_guarded(test_store* store, const lk_checkpoint_call* call, uint64_t count, int32_t may_make,
                           uint64_t* stored) {
  const int32_t code = begin(store, call);
  if (code != LK_OK) return code;
  if (store->count == 0 && !may_make) return LK_KEY_MISSING;
  if (count <= store->count) {
    *stored = store->conflict_with != 0 ? (uint64_t)store->conflict_with : store->count;
    return LK_CONFLICT;
  }
  store->count = count;
  return store->loses_answers ? LK_NETWORK_TIMEOUT : LK_OK;
}

static int32_t put_count(void* user_data, const lk_checkpoint_call* call, uint64_t count, int32_t may_make,
                         uint64_t* stored) {
  test_store* store = user_data;
  int32_t code = LK_OK;
  int hangs = 0;
  GUARDED(hangs = store->hangs; store->calls += hangs);
  if (hangs) {
    EXPECT(wait_for(is_given_up, (void*)call));
    GUARDED(++store->given_up);
    return LK_CANCELLED;
  }
  GUARDED(code = put_guarded(store, call, count, may_make, stored));
  return code;
}

static int32_t forget_count(void* user_data, const lk_checkpoint_call* call) {
  test_store* store = user_data;
  int32_t code = LK_OK;
  GUARDED(code = begin(store, call); if (code == LK_OK) store->count = 0);
  return code;
}

static lk_checkpoints kept_by(test_store* store) {
  lk_checkpoints checkpoints;
  LK_INIT(&checkpoints);
  checkpoints.server = "https://devices.example";
  checkpoints.user_data = store;
  checkpoints.get = get_count;
  checkpoints.put = put_count;
  checkpoints.forget = forget_count;
  checkpoints.interval = checkpoints.first_retry = store->interval != 0 ? store->interval : 3600000;
  return checkpoints;
}

/* What one process does: makes the vault or opens it, writes something, ends. */
static lk_vault* make_checked(const char* path, test_store* store, test_user* user, int32_t rule) {
  const lk_slot_request slot = {LK_SLOT_RECOVERY_CODE, "on paper"};
  const lk_checkpoints checkpoints = kept_by(store);
  const lk_prompt prompt = prompt_of(user);
  lk_vault_options where = place_of(path);
  lk_create_options options;
  lk_vault* vault = NULL;
  where.checkpoints = &checkpoints;
  LK_INIT(&options);
  options.slots = &slot;
  options.slot_count = 1;
  options.checkpoint = rule;
  EXPECT_OK(lk_vault_create(&where, &options, &prompt, &vault));
  user->answer = user->code;
  return vault;
}

static lk_vault* open_checked(const char* path, test_store* store) {
  const lk_checkpoints checkpoints = kept_by(store);
  lk_vault_options where = place_of(path);
  lk_vault* vault = NULL;
  where.checkpoints = &checkpoints; /* the structure goes now: it was copied */
  EXPECT_OK(lk_vault_open(&where, &vault));
  return vault;
}

static int32_t run(const char* path, test_store* store, test_user* user, const char* value) {
  const lk_prompt prompt = prompt_of(user);
  lk_vault* vault = open_checked(path, store);
  int32_t code = lk_vault_unlock(vault, &prompt, LK_ANY_SLOT);
  if (code == LK_OK && value != NULL) {
    code = lk_vault_set(vault, "a", value, strlen(value), NULL);
    lk_vault_checkpoint(vault, NULL); /* closing waits for nobody */
  }
  lk_vault_close(vault);
  return code;
}

static void copy_file(const char* from, const char* to) {
  static char contents[1 << 22];
  FILE* file = fopen(from, "rb");
  size_t size = 0;
  EXPECT(file != NULL);
  if (file == NULL) return;
  size = fread(contents, 1, sizeof contents, file);
  fclose(file);
  file = fopen(to, "wb");
  EXPECT(file != NULL && fwrite(contents, 1, size, file) == size);
  if (file != NULL) fclose(file);
}

static lk_checkpoint_status checkpoint_of(lk_vault* vault) {
  static char server[128]; /* outlives the status */
  lk_checkpoint_status checkpoint;
  lk_status* status = NULL;
  LK_INIT(&checkpoint);
  EXPECT_OK(lk_vault_status(vault, &status));
  EXPECT_OK(lk_status_checkpoint(status, &checkpoint));
  EXPECT(lk_status_is_anchored(status) == 1);
  snprintf(server, sizeof server, "%s", checkpoint.server);
  checkpoint.server = server;
  lk_status_free(status);
  return checkpoint;
}

static void older_copies_are_told(const char* path, const char* kept, int32_t rule) {
  test_store store = {0};
  test_user user = {NULL, 0, 0, ""};
  const lk_prompt prompt = prompt_of(&user);
  lk_vault* vault = make_checked(path, &store, &user, rule);
  lk_checkpoint_status checkpoint = checkpoint_of(vault);
  EXPECT(store.count != 0 && checkpoint.is_verified == 1 && checkpoint.is_behind == 0 && checkpoint.problem == LK_OK);
  EXPECT(checkpoint.rule == rule && strcmp(checkpoint.server, "https://devices.example") == 0);
  lk_vault_close(vault);
  EXPECT_OK(run(path, &store, &user, "old"));
  copy_file(path, kept);
  EXPECT_OK(run(path, &store, &user, "new"));
  EXPECT_OK(run(path, &store, &user, NULL)); /* the newest is fine */
  copy_file(kept, path);
  EXPECT_CODE(LK_VAULT_ROLLED_BACK, run(path, &store, &user, NULL));
  EXPECT_CODE(LK_VAULT_ROLLED_BACK, run(path, &store, &user, "never"));
  vault = open_checked(path, &store);
  EXPECT_OK(lk_vault_accept_rollback(vault, &prompt, LK_ANY_SLOT)); /* the user has said so */
  EXPECT(strcmp(value_of(vault, "a"), "old") == 0);
  EXPECT_OK(lk_vault_destroy(vault));
  EXPECT(store.count == 0); /* forgotten */
  lk_vault_close(vault);
}

static void without_an_answer_a_required_vault_stays_locked(const char* path) {
  static const struct {
    int32_t answer, code;
  } cases[] = {{LK_NETWORK_UNREACHABLE, LK_TEMPORARILY_UNAVAILABLE},
               {LK_NETWORK_TIMEOUT, LK_TEMPORARILY_UNAVAILABLE},
               {LK_SERVER_ERROR, LK_TEMPORARILY_UNAVAILABLE},
               {LK_TEMPORARILY_UNAVAILABLE, LK_TEMPORARILY_UNAVAILABLE},
               {LK_LOGIN_REQUIRED, LK_LOGIN_REQUIRED},
               {LK_PERMISSION_DENIED, LK_PERMISSION_DENIED},
               {LK_KEY_MISSING, LK_KEY_MISSING},
               {LK_NOT_FOUND, LK_KEY_MISSING},
               {LK_CANCELLED, LK_CANCELLED},
               {4711, LK_INTERNAL}};
  test_store store = {0};
  test_user user = {NULL, 0, 0, ""};
  lk_vault* vault = make_checked(path, &store, &user, LK_CHECKPOINT_REQUIRED);
  put(vault, "a", "kept");
  lk_vault_close(vault);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    GUARDED(store.failure = cases[i].answer);
    EXPECT_CODE(cases[i].code, run(path, &store, &user, NULL));
  }
  GUARDED(store.failure = LK_OK);
  EXPECT_OK(run(path, &store, &user, NULL)); /* nothing was lost */
}

static void without_an_answer_the_other_kind_opens_and_says_so(const char* path, const char* kept) {
  test_store store = {0};
  test_user user = {NULL, 0, 0, ""};
  const lk_prompt prompt = prompt_of(&user);
  lk_checkpoint_status checkpoint;
  lk_vault* vault = make_checked(path, &store, &user, LK_CHECKPOINT_WHEN_REACHABLE);
  lk_vault_close(vault);
  EXPECT_OK(run(path, &store, &user, "old"));
  copy_file(path, kept);
  EXPECT_OK(run(path, &store, &user, "new"));
  GUARDED(store.failure = LK_NETWORK_UNREACHABLE);
  vault = open_checked(path, &store);
  EXPECT_OK(lk_vault_unlock(vault, &prompt, LK_ANY_SLOT));
  checkpoint = checkpoint_of(vault);
  EXPECT(checkpoint.is_verified == 0 && checkpoint.problem == LK_NETWORK_UNREACHABLE);
  put(vault, "b", "offline");
  checkpoint = checkpoint_of(vault);
  EXPECT(checkpoint.is_behind == 1);
  EXPECT_CODE(LK_NETWORK_UNREACHABLE, lk_vault_checkpoint(vault, NULL));
  GUARDED(store.failure = LK_OK);
  EXPECT_OK(lk_vault_checkpoint(vault, NULL));
  checkpoint = checkpoint_of(vault);
  EXPECT(checkpoint.is_verified == 1 && checkpoint.is_behind == 0 && checkpoint.problem == LK_OK);
  lk_vault_close(vault);

  copy_file(kept, path); /* an older copy opens while nobody answers, and is told when the store is back */
  GUARDED(store.failure = LK_NETWORK_UNREACHABLE);
  EXPECT_OK(run(path, &store, &user, "offline"));
  vault = open_checked(path, &store);
  EXPECT_OK(lk_vault_unlock(vault, &prompt, LK_ANY_SLOT));
  GUARDED(store.failure = LK_OK);
  EXPECT_CODE(LK_VAULT_ROLLED_BACK, lk_vault_checkpoint(vault, NULL));
  EXPECT(lk_vault_is_locked(vault) == 1);
  lk_vault_close(vault);
  GUARDED(store.failure = LK_KEY_MISSING); /* that the number is gone is no lack of an answer */
  EXPECT_CODE(LK_KEY_MISSING, run(path, &store, &user, NULL));
}

static int is_timed_out(void* vault) { return checkpoint_of(vault).problem == LK_NETWORK_TIMEOUT; }
static int is_up_to_date(void* vault) { return checkpoint_of(vault).is_behind == 0; }

static int calls_of(test_store* store) {
  int calls = 0;
  GUARDED(calls = store->calls);
  return calls;
}

typedef struct step_log {
  int told, failed;
  int32_t problem;
} step_log;

static void note_step(void* user_data, int32_t problem) {
  step_log* steps = user_data;
  GUARDED(*(problem == LK_OK ? &steps->told : &steps->failed) += 1; steps->problem = problem);
}

static step_log seen_by(step_log* steps) {
  step_log seen;
  GUARDED(seen = *steps);
  return seen;
}
static int has_told(void* steps) { return seen_by(steps).told != 0; }
static int has_failed(void* steps) { return seen_by(steps).failed != 0; }

/* Nobody calls anything but lk_vault_set(). */
static void writes_are_told_by_themselves(const char* path) {
  test_store store = {0};
  test_user user = {NULL, 0, 0, ""};
  step_log steps = {0}, of_older = {0};
  lk_observing observing;
  lk_observer *observer = NULL, *older = NULL;
  lk_vault* vault = NULL;
  int before = 0;
  store.interval = 500;
  vault = make_checked(path, &store, &user, LK_CHECKPOINT_REQUIRED);
  LK_INIT(&observing);
  observing.user_data = &steps;
  observing.on_checkpoint = note_step;
  EXPECT_OK(lk_vault_observe(vault, &observing, &observer));
  observing.user_data = &of_older;
  observing.struct_size = offsetof(lk_observing, on_checkpoint); /* a caller whose header does not know it */
  EXPECT_OK(lk_vault_observe(vault, &observing, &older));
  put(vault, "a", "1");
  EXPECT(wait_for(has_told, &steps) && is_up_to_date(vault) && !has_failed(&steps));
  before = calls_of(&store);
  GUARDED(store.failure = LK_NETWORK_TIMEOUT);
  put(vault, "a", "2"); /* half a second later, and the first time that fails */
  EXPECT(wait_for(has_failed, &steps) && is_timed_out(vault) && seen_by(&steps).problem == LK_NETWORK_TIMEOUT);
  GUARDED(store.failure = LK_OK; steps.told = 0);
  EXPECT(wait_for(has_told, &steps) && is_up_to_date(vault));
  EXPECT(checkpoint_of(vault).problem == LK_OK && calls_of(&store) >= before + 2);
  lk_observer_free(observer);
  lk_observer_free(older);
  lk_vault_close(vault);
  EXPECT(of_older.told + of_older.failed == 0);
}

static int is_asked(void* user_data) { return calls_of(user_data) != 0; }

static void locking_and_closing_give_up_what_hangs(const char* path) {
  test_store store = {0};
  test_user user = {NULL, 0, 0, ""};
  const lk_prompt prompt = prompt_of(&user);
  lk_vault* vault = make_checked(path, &store, &user, LK_CHECKPOINT_REQUIRED);
  GUARDED(store.hangs = 1; store.calls = 0);
  put(vault, "a", "1"); /* returns all the same */
  EXPECT(wait_for(is_asked, &store));
  EXPECT_OK(lk_vault_lock(vault, LK_LOCK_MANUAL));
  GUARDED(store.hangs = 0);
  EXPECT_OK(lk_vault_unlock(vault, &prompt, LK_ANY_SLOT)); /* the file is one ahead of the store, never behind */
  EXPECT(strcmp(value_of(vault, "a"), "1") == 0);
  GUARDED(store.hangs = 1; store.calls = 0);
  put(vault, "a", "2");
  EXPECT(wait_for(is_asked, &store));
  lk_vault_close(vault);
  EXPECT(store.given_up == 2); /* and nothing is called any more */
  store.hangs = 0;
  vault = open_checked(path, &store);
  EXPECT_OK(lk_vault_unlock(vault, &prompt, LK_ANY_SLOT));
  EXPECT(strcmp(value_of(vault, "a"), "2") == 0);
  lk_vault_close(vault);
}

static void lost_answers_are_made_good(const char* path) {
  test_store store = {0};
  test_user user = {NULL, 0, 0, ""};
  lk_vault* vault = make_checked(path, &store, &user, LK_CHECKPOINT_REQUIRED);
  GUARDED(store.loses_answers = 1);
  put(vault, "a", "1"); /* durable, whatever the store says */
  EXPECT(wait_for(is_timed_out, vault));
  EXPECT(checkpoint_of(vault).is_behind == 1);
  EXPECT_OK(lk_vault_checkpoint(vault, NULL)); /* a conflict with its own number: it was stored */
  EXPECT(checkpoint_of(vault).is_behind == 0);
  put(vault, "a", "2");
  EXPECT_CODE(LK_NETWORK_TIMEOUT, lk_vault_checkpoint(vault, NULL));
  GUARDED(store.loses_answers = 0);
  GUARDED(store.conflict_with = 1); /* a store that contradicts itself */
  EXPECT_CODE(LK_PROTOCOL_VIOLATION, lk_vault_checkpoint(vault, NULL));
  GUARDED(store.conflict_with = 0);
  EXPECT_OK(lk_vault_checkpoint(vault, NULL));
  lk_vault_close(vault);
  EXPECT_OK(run(path, &store, &user, "3"));
}

static void look_at_records(const lk_checkpoint_call* call) {
  char buffer[64];
  size_t size = 0;
  int32_t is_found = 0;
  EXPECT_OK(lk_checkpoint_find(call, "latchkey/session", buffer, sizeof buffer, &size, &is_found));
  EXPECT(is_found == 1 && size == 7 && memcmp(buffer, "token-1", 7) == 0);
  EXPECT_CODE(LK_BUFFER_TOO_SMALL, lk_checkpoint_find(call, "latchkey/session", buffer, 1, &size, &is_found));
  EXPECT_OK(lk_checkpoint_find(call, "secret", buffer, sizeof buffer, &size, &is_found));
  EXPECT(is_found == 0 && size == 0);
  EXPECT_CODE(LK_PERMISSION_DENIED, lk_checkpoint_put(call, "secret", "x", 1));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_checkpoint_find(call, NULL, buffer, sizeof buffer, &size, &is_found));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_checkpoint_put(call, NULL, "x", 1));
  EXPECT_OK(lk_checkpoint_put(call, "latchkey/session", "token-1", 7)); /* durable before the token is used */
}

/* What the store is asked with may lie in the vault that nobody may use yet; the rest of it is not lent. */
static void the_sessions_records_are_lent(const char* path) {
  test_store store = {0};
  test_user user = {NULL, 0, 0, ""};
  lk_vault* vault = make_checked(path, &store, &user, LK_CHECKPOINT_REQUIRED);
  put(vault, "latchkey/session", "token-1");
  put(vault, "secret", "the canary");
  EXPECT_OK(lk_vault_checkpoint(vault, NULL));
  lk_vault_close(vault);
  GUARDED(store.look = look_at_records);
  EXPECT_OK(run(path, &store, &user, NULL));
  EXPECT_OK(run(path, &store, &user, "and when it writes"));
}

static void comes_and_goes_in_a_vault_that_is_there(const char* path) {
  test_store store = {0};
  test_user user = {NULL, 0, 0, ""};
  const lk_prompt prompt = prompt_of(&user);
  lk_checkpoint_status checkpoint;
  lk_status* status = NULL;
  lk_cancel* cancel = lk_cancel_new();
  char json[4096];
  size_t size = 0;
  lk_vault* vault = make_vault(path, &user);
  EXPECT_CODE(LK_UNSUPPORTED,
              lk_vault_set_checkpoint(vault, LK_CHECKPOINT_REQUIRED, NULL)); /* opened without a store */
  EXPECT_OK(lk_vault_checkpoint(vault, NULL));                               /* it has none */
  lk_vault_close(vault);
  vault = open_checked(path, &store);
  EXPECT_OK(lk_vault_unlock(vault, &prompt, LK_ANY_SLOT));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_set_checkpoint(vault, 3, NULL));
  lk_cancel_request(cancel);
  EXPECT_CODE(LK_CANCELLED, lk_vault_set_checkpoint(vault, LK_CHECKPOINT_REQUIRED, cancel));
  lk_cancel_free(cancel);
  LK_INIT(&checkpoint);
  EXPECT_OK(lk_vault_status(vault, &status));
  EXPECT_CODE(LK_NOT_FOUND, lk_status_checkpoint(status, &checkpoint));
  lk_status_free(status);
  EXPECT_OK(lk_vault_set_checkpoint(vault, LK_CHECKPOINT_REQUIRED, NULL));
  EXPECT_OK(lk_vault_set_checkpoint(vault, LK_CHECKPOINT_WHEN_REACHABLE, NULL));
  EXPECT(checkpoint_of(vault).rule == LK_CHECKPOINT_WHEN_REACHABLE);
  EXPECT_OK(lk_vault_status(vault, &status));
  EXPECT_OK(lk_status_json(status, json, sizeof json, &size));
  EXPECT(strstr(json, "\"checkpoint\":{\"server\":\"https://devices.example\",\"rule\":\"when-reachable\"") != NULL);
  lk_status_free(status);
  EXPECT_OK(lk_vault_set_checkpoint(vault, LK_CHECKPOINT_NONE, NULL));
  EXPECT(store.count == 0);
  lk_vault_close(vault);
}

static void a_wrong_store_opens_nothing(const char* path) {
  test_store store = {0};
  test_user user = {NULL, 0, 0, ""};
  const lk_prompt prompt = prompt_of(&user);
  const lk_checkpoints good = kept_by(&store);
  lk_checkpoints wrong = good;
  lk_vault_options where = place_of(path);
  lk_vault* vault = make_checked(path, &store, &user, LK_CHECKPOINT_REQUIRED);
  lk_vault_close(vault);
  EXPECT_OK(lk_vault_open(&where, &vault)); /* no store at all */
  EXPECT_CODE(LK_UNSUPPORTED, lk_vault_unlock(vault, &prompt, LK_ANY_SLOT));
  lk_vault_close(vault);
  where.checkpoints = &wrong;
  wrong.server = "https://another.example";
  EXPECT_OK(lk_vault_open(&where, &vault));
  EXPECT_CODE(LK_LOGIN_REQUIRED, lk_vault_unlock(vault, &prompt, LK_ANY_SLOT));
  lk_vault_close(vault);
  vault = NULL;
  wrong.server = NULL;
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_open(&where, &vault));
  wrong = good;
  wrong.server = "";
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_open(&where, &vault));
  wrong = good;
  wrong.put = NULL;
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_open(&where, &vault));
  wrong = good;
  wrong.first_retry = -1;
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_open(&where, &vault));
  wrong = good;
  wrong.struct_size = 0;
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_open(&where, &vault));
  EXPECT(vault == NULL);
}

static void what_fails_leaves_no_file(const char* path) {
  const lk_slot_request slot = {LK_SLOT_RECOVERY_CODE, NULL};
  test_store store = {0};
  test_user user = {NULL, 0, 0, ""};
  const lk_checkpoints checkpoints = kept_by(&store);
  const lk_prompt prompt = prompt_of(&user);
  lk_vault_options where = place_of(path);
  lk_create_options options;
  lk_vault* vault = NULL;
  LK_INIT(&options);
  options.slots = &slot;
  options.slot_count = 1;
  options.checkpoint = LK_CHECKPOINT_REQUIRED;
  EXPECT_CODE(LK_UNSUPPORTED, lk_vault_create(&where, &options, &prompt, &vault));
  where.checkpoints = &checkpoints;
  GUARDED(store.failure = LK_NETWORK_UNREACHABLE);
  EXPECT_CODE(LK_NETWORK_UNREACHABLE, lk_vault_create(&where, &options, &prompt, &vault));
  GUARDED(store.failure = LK_OK);
  options.is_anchored = 1;
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_create(&where, &options, &prompt, &vault)); /* one anchor or the other */
  EXPECT_CODE(LK_NOT_FOUND, lk_vault_open(&where, &vault));
  EXPECT(store.count == 0);
}

void test_checkpoint(void) {
  char path[PATH_SIZE];
  char kept[PATH_SIZE];
  path_of(kept, "kept.vault");
  older_copies_are_told(path_of(path, "told-1.vault"), kept, LK_CHECKPOINT_REQUIRED);
  older_copies_are_told(path_of(path, "told-2.vault"), kept, LK_CHECKPOINT_WHEN_REACHABLE);
  without_an_answer_a_required_vault_stays_locked(path_of(path, "required.vault"));
  without_an_answer_the_other_kind_opens_and_says_so(path_of(path, "reachable.vault"), kept);
  lost_answers_are_made_good(path_of(path, "lost.vault"));
  writes_are_told_by_themselves(path_of(path, "told-3.vault"));
  locking_and_closing_give_up_what_hangs(path_of(path, "hanging.vault"));
  the_sessions_records_are_lent(path_of(path, "lent.vault"));
  comes_and_goes_in_a_vault_that_is_there(path_of(path, "later.vault"));
  a_wrong_store_opens_nothing(path_of(path, "wrong.vault"));
  what_fails_leaves_no_file(path_of(path, "none.vault"));
}
