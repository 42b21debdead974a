/* Presence from C. Nobody can be recognised here: there is no message bus, and nobody knows the account's password. */
#include <stdlib.h>

#include "test_support.h"

static void tells_what_the_device_can(const char* path) {
  char json[2048];
  size_t size = 0;
  const lk_vault_options where = place_of(path);
  EXPECT_OK(lk_capabilities_json(&where, json, sizeof json, &size));
  EXPECT(size == strlen(json));
  EXPECT(strstr(json, "{\"method\":\"fingerprint\",\"strength\":\"weak\",\"available\":false") != NULL);
  EXPECT(strstr(json, "\"secure_hardware\":") != NULL && strstr(json, "\"key_bound\":false}") != NULL);
  EXPECT_CODE(LK_BUFFER_TOO_SMALL, lk_capabilities_json(&where, json, 8, &size));
}

static void signs_for_nobody(lk_vault* vault) {
  char text[LK_MAX_STATEMENT_SIZE];
  size_t size = 0;
  test_user stranger = {"not the password of this account", 0, 0, ""};
  const lk_prompt prompt = prompt_of(&stranger);
  lk_signing_options options;
  LK_INIT(&options);
  EXPECT_CODE(LK_NOT_FOUND, lk_vault_get_signing_key(vault, &options, text, sizeof text, &size));
  EXPECT_CODE(LK_NOT_FOUND, lk_vault_remove_signing_key(vault, &options));
  options.method = LK_METHOD_DEVICE_CREDENTIAL;
  options.origin = "org.example.app";
  EXPECT_CODE(LK_WRONG_PASSCODE, lk_vault_make_signing_key(vault, &options, &prompt, text, sizeof text, &size));
  EXPECT(stranger.asked == 1 && stranger.last_ask == LK_ASK_DEVICE_PASSWORD);
  EXPECT_CODE(LK_NOT_FOUND,
              lk_vault_sign_challenge(vault, &options, "pay", "0123456789abcdef", &prompt, text, sizeof text, &size));
  EXPECT_CODE(LK_INVALID_ARGUMENT,
              lk_vault_sign_challenge(vault, &options, NULL, "0123456789abcdef", &prompt, text, sizeof text, &size));
  EXPECT(stranger.asked == 1); /* nobody is asked when there is nothing to sign with */
  options.method = LK_METHOD_FINGERPRINT;
  EXPECT_CODE(LK_UNSUPPORTED,
              lk_vault_make_signing_key(vault, &options, &prompt, text, sizeof text, &size));
  options.method = 2;
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_make_signing_key(vault, &options, &prompt, text, sizeof text, &size));
  options.method = LK_METHOD_DEVICE_CREDENTIAL;
  options.minimum_strength = LK_PRESENCE_STRONG; /* a key in software is weak: nobody is asked */
  EXPECT_CODE(LK_UNSUPPORTED, lk_vault_make_signing_key(vault, &options, &prompt, text, sizeof text, &size));
  EXPECT(stranger.asked == 1);
}

void test_presence(void) {
  char path[PATH_SIZE];
  test_user user = {NULL, 0, 0, ""};
  lk_desktop_lock* lock = NULL;
  lk_vault* vault = NULL;
  setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent", 1);
  vault = make_vault(path_of(path, "presence.vault"), &user);
  tells_what_the_device_can(path);
  signs_for_nobody(vault);
  EXPECT_CODE(LK_UNSUPPORTED, lk_vault_watch_desktop(vault, &lock));
  EXPECT_CODE(LK_INVALID_ARGUMENT, lk_vault_watch_desktop(vault, NULL));
  lk_desktop_lock_free(lock);
  lk_vault_close(vault);
  unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
}
