/* presence DESKTOP FOLDER OUTPUT: makes signing keys and signs challenges by a finger and by the device's password, and locks with
 * the screen. DESKTOP is tests/support/desktop, FOLDER is its. Writes OUTPUT/{fingerprint,password}.{jwk,statement}. */
#include <latchkey_vault.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char* const password = "the device's password";
static const char* const challenge = "0123456789abcdef";

/* ---- the desktop -------------------------------------------------------------------------------------------------- */

typedef struct desktop {
  FILE* say;
  FILE* hear;
  pid_t process;
} desktop;

static void fail(const char* what, const char* why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

static void must(int32_t answer, int32_t wanted, const char* what) {
  char detail[256] = "";
  size_t size = 0;
  if (answer == wanted) return;
  if (answer != LK_OK) (void)lk_error_detail(detail, sizeof detail, &size);
  fprintf(stderr, "%s: %s %s\n", what, lk_code_name(answer), detail);
  exit(1);
}

static void expect_line(desktop* here, const char* wanted, const char* what) {
  char line[512] = "the end";
  if (fgets(line, sizeof line, here->hear) == NULL || strncmp(line, wanted, strlen(wanted)) != 0) fail(what, line);
}

static desktop start_desktop(const char* program, const char* folder) {
  desktop here;
  int to[2], from[2];
  if (pipe(to) != 0 || pipe(from) != 0) fail("pipe", "none");
  here.process = fork();
  if (here.process == 0) {
    dup2(to[0], 0);
    dup2(from[1], 1);
    close(to[0]);
    close(to[1]);
    close(from[0]);
    close(from[1]);
    execl(program, program, folder, password, (char*)NULL);
    _exit(127);
  }
  close(to[0]);
  close(from[1]);
  here.say = fdopen(to[1], "w");
  here.hear = fdopen(from[0], "r");
  if (here.process < 0 || here.say == NULL || here.hear == NULL) fail("desktop", "does not start");
  expect_line(&here, "ready", "desktop");
  return here;
}

static void tell(desktop* here, const char* command) {
  fprintf(here->say, "%s\n", command);
  fflush(here->say);
}
static void done(desktop* here, const char* command) { expect_line(here, "ok", command); }

/* At the end of its input it ends, and everything it started. */
static void end_desktop(desktop* here) {
  int status = 0;
  fclose(here->say);
  if (waitpid(here->process, &status, 0) != here->process || status != 0) fail("desktop", "ended badly");
  fclose(here->hear);
}

/* ---- the user ----------------------------------------------------------------------------------------------------- */

static int32_t type_password(void* user_data, int32_t ask, uint8_t* buffer, size_t capacity, size_t* size) {
  const char* const typed = user_data;
  if (ask != LK_ASK_DEVICE_PASSWORD || strlen(typed) > capacity) return LK_USER_CANCELLED;
  *size = strlen(typed);
  memcpy(buffer, typed, *size);
  return LK_OK;
}

static int32_t nothing_to_write_down(void* user_data, const char* code, size_t size) {
  (void)user_data;
  return size == strlen(code) ? LK_OK : LK_INTERNAL;
}

static lk_prompt prompt_with(const char* typed) {
  static char answer[64];
  lk_prompt prompt;
  snprintf(answer, sizeof answer, "%s", typed);
  LK_INIT(&prompt);
  prompt.reason = "pay";
  prompt.user_data = answer;
  prompt.ask_passcode = type_password;
  prompt.show_recovery_code = nothing_to_write_down;
  prompt.timeout = 20000;
  return prompt;
}

static lk_vault* make_vault(const char* folder) {
  const lk_slot_request slot = {LK_SLOT_RECOVERY_CODE, NULL};
  const lk_prompt prompt = prompt_with("");
  lk_vault_options where;
  lk_create_options how;
  lk_policy policy;
  lk_vault* vault = NULL;
  char file[512];
  snprintf(file, sizeof file, "%s/presence.vault", folder);
  LK_INIT(&where);
  where.file = file;
  LK_INIT(&policy);
  must(lk_policy_default(&policy), LK_OK, "policy");
  policy.lock_on_screen_off = 1;
  LK_INIT(&how);
  how.slots = &slot;
  how.slot_count = 1;
  how.policy = &policy;
  must(lk_vault_create(&where, &how, &prompt, &vault), LK_OK, "create");
  return vault;
}

/* ---- what is tested ----------------------------------------------------------------------------------------------- */

static void write_file(const char* folder, const char* name, const char* text) {
  char path[512];
  FILE* file = NULL;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  file = fopen(path, "w");
  if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) fail(path, "cannot be written");
}

static lk_signing_options by(int32_t method, const char* key) {
  lk_signing_options options;
  LK_INIT(&options);
  options.origin = "org.example.app";
  options.key = key;
  options.method = method;
  return options;
}

static void signs_by_finger(lk_vault* vault, desktop* here, const char* output) {
  const lk_signing_options options = by(LK_METHOD_FINGERPRINT, "finger");
  const lk_prompt prompt = prompt_with("");
  char text[LK_MAX_STATEMENT_SIZE];
  size_t size = 0;
  must(lk_vault_make_signing_key(vault, &options, &prompt, text, sizeof text, &size), LK_NOT_ENROLLED, "no finger");
  tell(here, "enrol right-index-finger a");
  done(here, "enrol");
  tell(here, "scan a"); /* waits until the reader is asked for */
  must(lk_vault_make_signing_key(vault, &options, &prompt, text, sizeof text, &size), LK_OK, "key by finger");
  done(here, "scan");
  write_file(output, "fingerprint.jwk", text);
  tell(here, "scan a");
  must(lk_vault_sign_challenge(vault, &options, "pay", challenge, &prompt, text, sizeof text, &size), LK_OK, "sign");
  done(here, "scan");
  write_file(output, "fingerprint.statement", text);
  tell(here, "enrol left-index-finger b");
  done(here, "enrol");
  tell(here, "scan a");
  must(lk_vault_sign_challenge(vault, &options, "pay", challenge, &prompt, text, sizeof text, &size),
       LK_KEY_INVALIDATED, "another finger than the key was made with");
  done(here, "scan");
}

static void signs_by_password(lk_vault* vault, const char* output) {
  const lk_signing_options options = by(LK_METHOD_DEVICE_CREDENTIAL, "password");
  const lk_prompt wrong = prompt_with("not it");
  lk_prompt right;
  char text[LK_MAX_STATEMENT_SIZE];
  char again[LK_MAX_STATEMENT_SIZE];
  size_t size = 0;
  must(lk_vault_make_signing_key(vault, &options, &wrong, text, sizeof text, &size), LK_WRONG_PASSCODE, "wrong");
  right = prompt_with(password);
  must(lk_vault_make_signing_key(vault, &options, &right, text, sizeof text, &size), LK_OK, "key by password");
  must(lk_vault_get_signing_key(vault, &options, again, sizeof again, &size), LK_OK, "get key");
  if (strcmp(text, again) != 0) fail("the key", "is another one");
  write_file(output, "password.jwk", text);
  must(lk_vault_sign_challenge(vault, &options, "pay", challenge, &right, text, sizeof text, &size), LK_OK, "sign");
  write_file(output, "password.statement", text);
}

static void locks_with_the_screen(lk_vault* vault, desktop* here) {
  const struct timespec moment = {0, 2000000};
  lk_desktop_lock* lock = NULL;
  int tries = 0;
  must(lk_vault_watch_desktop(vault, &lock), LK_OK, "watch");
  must(lk_vault_is_locked(vault), 0, "unlocked");
  tell(here, "lock");
  done(here, "lock");
  while (lk_vault_is_locked(vault) == 0 && tries++ < 10000) nanosleep(&moment, NULL);
  must(lk_vault_is_locked(vault), 1, "locked");
  lk_desktop_lock_free(lock);
}

int main(int count, char** arguments) {
  desktop here;
  lk_vault* vault = NULL;
  if (count != 4) return 2;
  here = start_desktop(arguments[1], arguments[2]);
  vault = make_vault(arguments[3]);
  signs_by_finger(vault, &here, arguments[3]);
  signs_by_password(vault, arguments[3]);
  locks_with_the_screen(vault, &here);
  lk_vault_close(vault);
  end_desktop(&here);
  return 0;
}
