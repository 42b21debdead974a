// The real gnome-keyring on a private bus, started here: this program runs itself again under dbus-run-session, with a
// home of its own, for the tests that need one.
#include "vault/key_stores/secret_service_key_store.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "crypto/random.h"
#include "tests/support/vault/test_vaults.h"
#include "vault/vault.h"

namespace latchkey::vault {
namespace {

using testing::code_of;
using testing::TemporaryFolder;

constexpr const char* inside_keyring = "LATCHKEY_TEST_KEYRING";  // set to "unlocked" or "locked" in the inner run
constexpr SlotBinding service_binding{{1}, 1};

// GLib is not instrumented: ThreadSanitizer takes its hand-overs between threads for races.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LATCHKEY_NO_GLIB 1
#endif
#endif
#ifdef LATCHKEY_NO_GLIB
constexpr bool may_use_glib = false;
#else
constexpr bool may_use_glib = true;
#endif

bool is_installed(const char* program) {
  return std::system((std::string("command -v ") + program + " > /dev/null 2>&1").c_str()) == 0;
}

std::string own_path() {
  std::string path(4096, '\0');
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  path.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return path;
}

// Runs the tests named by `filter` of this program in a session of their own; the exit code of that.
int run_inside(const TemporaryFolder& folder, const std::string& state, const std::string& filter, bool start_daemon) {
  const std::string home = folder.file("home").string();
  const std::string daemon =
      start_daemon
          ? "printf %s keyring-password | gnome-keyring-daemon --unlock --components=secrets > /dev/null 2>&1; "
          : "";
  const std::string command = "mkdir -p -m 700 " + home + " " + home +
                              "/run && env -u DISPLAY -u WAYLAND_DISPLAY HOME=" + home + " XDG_DATA_HOME=" + home +
                              "/.local/share XDG_RUNTIME_DIR=" + home +
                              "/run G_MESSAGES_DEBUG= ASAN_OPTIONS=detect_leaks=0 " + inside_keyring + "=" + state +
                              " timeout 60 dbus-run-session -- sh -c '" + daemon + "exec " + own_path() +
                              " --gtest_filter=" + filter + " --gtest_also_run_disabled_tests --gtest_brief=1'";
  const int status = std::system(command.c_str());  // NOLINT(cert-env33-c): fixed text and our own paths
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool is_inside(std::string_view state) {
  const char* const value = std::getenv(inside_keyring);
  return value != nullptr && value == state;
}

class SecretServiceSession : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv(inside_keyring) != nullptr) GTEST_SKIP() << "inside a session already";
    if (!may_use_glib) GTEST_SKIP() << "GLib is not built for ThreadSanitizer";
    for (const char* program : {"dbus-run-session", "gnome-keyring-daemon"})
      if (!is_installed(program)) GTEST_SKIP() << program << " is not installed";
  }
  TemporaryFolder folder;
};

TEST_F(SecretServiceSession, keeps_the_contract_of_key_stores) {
  EXPECT_EQ(run_inside(folder, "unlocked", "SecretService/KeyStoreContract.*:*InUnlockedKeyring.*", true), 0);
}

TEST_F(SecretServiceSession, a_locked_keyring_is_not_a_missing_key) {
  ASSERT_EQ(run_inside(folder, "unlocked", "*LeaveInKeyring.*", true), 0);
  EXPECT_EQ(run_inside(folder, "locked", "*InLockedKeyring.*", false), 0);
}

TEST_F(SecretServiceSession, what_one_session_wrapped_the_next_opens) {
  ASSERT_EQ(run_inside(folder, "unlocked", "*LeaveInKeyring.*", true), 0);
  EXPECT_EQ(run_inside(folder, "unlocked", "*InNextSession.*", true), 0);
}

TEST(SecretServiceWithoutBus, is_unavailable_and_quick_about_it) {
  if (!may_use_glib) GTEST_SKIP() << "GLib is not built for ThreadSanitizer";
  ASSERT_EQ(::setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1), 0);
  const auto store = make_secret_service_key_store();
  EXPECT_EQ(code_of(store->wrap(crypto::random_secret<SlotKeyTag>(slot_key_size), service_binding, {})),
            Code::temporarily_unavailable);
  EXPECT_EQ(code_of(store->unwrap({Bytes(16), Bytes(60)}, service_binding, {})), Code::temporarily_unavailable);
  EXPECT_EQ(code_of(store->probe({Bytes(16), Bytes(60)})), Code::temporarily_unavailable);
}

std::filesystem::path kept_wrap() { return std::filesystem::path(std::getenv("HOME")) / "wrapped"; }
WrappedKey read_wrap() {
  std::ifstream in(kept_wrap(), std::ios::binary);
  const Bytes both{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(both.size(), 76U);
  if (both.size() != 76) return {};
  return {Bytes(both.begin(), both.begin() + 16), Bytes(both.begin() + 16, both.end())};
}

// --- disabled outside: these run in a session made by the tests above ---

TEST(DISABLED_InUnlockedKeyring, an_item_that_was_deleted_is_a_missing_key) {
  ASSERT_TRUE(is_inside("unlocked"));
  const auto store = make_secret_service_key_store();
  const auto wrapped = store->wrap(crypto::random_secret<SlotKeyTag>(slot_key_size), service_binding, {});
  ASSERT_TRUE(wrapped.has_value()) << to_string(wrapped.error());
  ASSERT_TRUE(store->forget(*wrapped).has_value());
  EXPECT_EQ(code_of(store->probe(*wrapped)), Code::key_missing);
  EXPECT_EQ(code_of(store->unwrap(*wrapped, service_binding, {})), Code::key_missing);
}

TEST(DISABLED_InUnlockedKeyring, a_stop_is_obeyed) {
  ASSERT_TRUE(is_inside("unlocked"));
  std::stop_source source;
  source.request_stop();
  Prompt prompt;
  prompt.stop = source.get_token();
  EXPECT_EQ(code_of(make_secret_service_key_store()->wrap(crypto::random_secret<SlotKeyTag>(slot_key_size),
                                                          service_binding, prompt)),
            Code::cancelled);
}

TEST(DISABLED_LeaveInKeyring, a_wrapped_key) {
  ASSERT_TRUE(is_inside("unlocked"));
  const auto wrapped =
      make_secret_service_key_store()->wrap(crypto::random_secret<SlotKeyTag>(slot_key_size), service_binding, {});
  ASSERT_TRUE(wrapped.has_value()) << to_string(wrapped.error());
  std::ofstream(kept_wrap()) << as_text(wrapped->parameters) << as_text(wrapped->sealed);
}

TEST(DISABLED_InNextSession, the_key_is_there) {
  ASSERT_TRUE(is_inside("unlocked"));
  const WrappedKey wrapped = read_wrap();
  const auto opened = make_secret_service_key_store()->unwrap(wrapped, service_binding, {});
  EXPECT_TRUE(opened.has_value()) << to_string(opened.error());
}

TEST(DISABLED_InLockedKeyring, is_unavailable_and_nothing_is_lost) {
  ASSERT_TRUE(is_inside("locked"));
  const WrappedKey wrapped = read_wrap();
  const auto store = make_secret_service_key_store();
  EXPECT_EQ(code_of(store->probe(wrapped)), Code::temporarily_unavailable);
  Prompt prompt;
  prompt.timeout = std::chrono::seconds(3);
  EXPECT_EQ(code_of(store->unwrap(wrapped, service_binding, prompt)), Code::temporarily_unavailable);
}

TEST(DISABLED_InLockedKeyring, nothing_is_removed_and_that_is_said) {
  ASSERT_TRUE(is_inside("locked"));
  const WrappedKey wrapped = read_wrap();
  const auto store = make_secret_service_key_store();
  EXPECT_EQ(code_of(store->forget(wrapped)), Code::temporarily_unavailable);
  EXPECT_EQ(code_of(store->probe(wrapped)), Code::temporarily_unavailable) << "it is still there";
  EXPECT_EQ(code_of(store->forget({Bytes(16, 9), {}})), Code{}) << "there is no such item";
}

}  // namespace
}  // namespace latchkey::vault
