/* The options for devices reach them: a real TPM 2.0 and a real PKCS#11 token, both in software. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test_support.h"

/* --- a TPM: swtpm on loopback ports of the kernel's choice -------------------------------------------------------- */

static int listen_at(uint16_t* port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(*port);
  if (bind(fd, (struct sockaddr*)&address, size) == 0 && listen(fd, 16) == 0 &&
      getsockname(fd, (struct sockaddr*)&address, &size) == 0) {
    *port = ntohs(address.sin_port);
    return fd;
  }
  close(fd);
  return -1;
}

static pid_t start_swtpm(const char* state, uint16_t port, int control) {
  char directory[PATH_SIZE + 8];
  char server[64];
  char control_option[32];
  pid_t child;
  snprintf(directory, sizeof directory, "dir=%s", state);
  snprintf(server, sizeof server, "type=tcp,bindaddr=127.0.0.1,port=%u", (unsigned)port);
  snprintf(control_option, sizeof control_option, "type=tcp,fd=%d", control);
  child = fork();
  if (child != 0) return child;
  execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", directory, "--server", server, "--ctrl", control_option,
         "--flags", "not-need-init,startup-clear", (char*)NULL);
  _exit(127);
}

static int is_listening(void* port) {
  struct sockaddr_in address;
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  int is_there;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(*(uint16_t*)port);
  is_there = connect(fd, (struct sockaddr*)&address, sizeof address) == 0;
  close(fd);
  return is_there;
}

/* The TSS takes the control port to be the one after the server's. 0: it did not start. */
static pid_t start_tpm(char tcti[64]) {
  char state[PATH_SIZE];
  path_of(state, "tpm");
  mkdir(state, 0700);
  for (int i = 0; i < 20; ++i) {
    uint16_t port = 0;
    uint16_t next;
    pid_t child;
    int control;
    const int server = listen_at(&port);
    next = (uint16_t)(port + 1);
    control = next == 0 ? -1 : listen_at(&next);
    close(server);
    if (control < 0) continue;
    child = start_swtpm(state, port, control);
    close(control);
    snprintf(tcti, 64, "swtpm:host=127.0.0.1,port=%u", (unsigned)port);
    if (wait_for(is_listening, &port)) return child;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
  }
  return 0;
}

static void copy_file(const char* from, const char* to) {
  char command[3 * PATH_SIZE];
  snprintf(command, sizeof command, "rm -f '%s'*; cp '%s' '%s'", to, from, to);
  EXPECT(system(command) == 0);
}

/* One process's use of the vault: what unlocking answers. */
static int32_t write_once(const lk_vault_options* where, const char* value) {
  lk_vault* vault = NULL;
  int32_t code;
  EXPECT_OK(lk_vault_open(where, &vault));
  code = lk_vault_unlock(vault, NULL, LK_ANY_SLOT);
  if (code == LK_OK) put(vault, "name", value);
  lk_vault_close(vault);
  return code;
}

static void rollback_is_told(const lk_vault_options* where) {
  char kept[PATH_SIZE];
  lk_vault* vault = NULL;
  EXPECT_OK(write_once(where, "old"));
  copy_file(where->file, path_of(kept, "kept"));
  EXPECT_OK(write_once(where, "new"));
  copy_file(kept, where->file);
  EXPECT_CODE(LK_VAULT_ROLLED_BACK, write_once(where, "never"));
  EXPECT_OK(lk_vault_open(where, &vault));
  EXPECT_OK(lk_vault_accept_rollback(vault, NULL, LK_ANY_SLOT));
  EXPECT(strcmp(value_of(vault, "name"), "old") == 0);
  lk_vault_close(vault);
}

static void uses_the_tpm(const char* tcti) {
  const lk_slot_request slot = {LK_SLOT_TPM2, "chip"};
  char path[PATH_SIZE];
  lk_vault_options where = place_of(path_of(path, "tpm.vault"));
  lk_create_options options;
  lk_vault* vault = NULL;
  lk_status* status = NULL;
  LK_INIT(&options);
  where.tpm2_tcti = tcti;
  where.tpm2_without_pin = 1;
  options.slots = &slot;
  options.slot_count = 1;
  options.minimum_level = LK_LEVEL_SEPARATE_HARDWARE;
  options.is_anchored = 1;
  EXPECT_OK(lk_vault_create(&where, &options, NULL, &vault));
  EXPECT_OK(lk_vault_status(vault, &status));
  EXPECT(lk_status_level(status) == LK_LEVEL_SEPARATE_HARDWARE && lk_status_is_anchored(status) == 1);
  lk_status_free(status);
  EXPECT_CODE(LK_KEY_MISSING, (lk_vault_lock(vault, LK_LOCK_MANUAL), lk_vault_unlock_shared(vault)));
  lk_vault_close(vault);
  rollback_is_told(&where);
}

/* --- a token: SoftHSM --------------------------------------------------------------------------------------------- */

static const char module[] = "/usr/lib/softhsm/libsofthsm2.so";

static int make_token(void) {
  char configuration[PATH_SIZE];
  char tokens[PATH_SIZE];
  char text[2 * PATH_SIZE];
  mkdir(path_of(tokens, "tokens"), 0700);
  snprintf(text, sizeof text, "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n", tokens);
  write_text(path_of(configuration, "softhsm2.conf"), text);
  setenv("SOFTHSM2_CONF", configuration, 1);
  return system(
             "softhsm2-util --init-token --free --label 'of a test' --so-pin 'correct horse' --pin 'correct horse' "
             "> /dev/null 2>&1") == 0;
}

static int32_t type_pin(void* user_data, uint8_t* buffer, size_t capacity, size_t* size) {
  ++*(int*)user_data;
  *size = strlen("correct horse");
  if (*size > capacity) return LK_INPUT_TOO_LARGE;
  memcpy(buffer, "correct horse", *size);
  return LK_OK;
}

static void uses_the_token(int32_t key) {
  const lk_slot_request slots[] = {{LK_SLOT_PKCS11, "token"}, {LK_SLOT_RECOVERY_CODE, NULL}};
  char path[PATH_SIZE];
  int pins = 0;
  test_user user = {"correct horse", 0, 0, ""};
  const lk_prompt prompt = prompt_of(&user);
  lk_vault_options where = place_of(path_of(path, "token.vault"));
  lk_create_options options;
  lk_vault* vault = NULL;
  LK_INIT(&options);
  where.pkcs11_module = module;
  where.pkcs11_token = "of a test";
  where.ask_pin_to_forget = type_pin;
  where.user_data = &pins;
  where.pkcs11_key = 3;
  options.slots = slots;
  options.slot_count = 2;
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_create(&where, &options, &prompt, &vault));
  where.pkcs11_key = key;
  EXPECT_OK(lk_vault_create(&where, &options, &prompt, &vault));
  EXPECT_OK(lk_vault_lock(vault, LK_LOCK_MANUAL));
  user.answer = "wrong pin";
  EXPECT_CODE(LK_WRONG_PASSCODE, lk_vault_unlock(vault, &prompt, 1));
  user.answer = "correct horse";
  EXPECT_OK(lk_vault_unlock(vault, &prompt, 1));
  EXPECT_OK(lk_vault_remove_slot(vault, 1));
  EXPECT(pins == 1);
  EXPECT_OK(lk_vault_destroy(vault));
  lk_vault_close(vault);
}

void test_devices(void) {
  char tcti[64] = "";
  pid_t tpm;
  setenv("TSS2_LOG", "all+NONE", 0); /* it would print every refusal */
  tpm = start_tpm(tcti);
  EXPECT(tpm != 0);
  if (tpm != 0) uses_the_tpm(tcti);
  if (tpm != 0) EXPECT(kill(tpm, SIGTERM) == 0 && waitpid(tpm, NULL, 0) == tpm);
  EXPECT(make_token());
  uses_the_token(LK_PKCS11_ANY);
  uses_the_token(LK_PKCS11_RSA);
  uses_the_token(LK_PKCS11_EC);
}
