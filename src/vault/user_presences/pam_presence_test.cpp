// The real libpam and its modules, with service files of this test's own (pam_start_confdir). pam_exec runs a script
// that gets the password as any module would; pam_unix checks a shadow file in a mount namespace.
#include "vault/user_presences/pam_presence.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <future>

#include "tests/support/vault/test_vaults.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::code_of;
using testing::TemporaryFolder;

constexpr std::string_view password_canary = "canary-8d1f-password";

std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Pam : public ::testing::Test {
 protected:
  void service(std::string_view text) const { std::ofstream(folder.file("latchkey")) << text; }
  // A module that runs `script`, which finds the password on its standard input.
  void scripted_service(std::string_view script) const {
    const auto path = folder.file("check.sh");
    std::ofstream(path) << "#!/bin/sh\n" << script;
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    service("auth [success=1 default=ignore] pam_exec.so expose_authtok quiet " + path.string() +
            "\nauth requisite pam_deny.so\nauth required pam_permit.so\naccount required pam_permit.so\n");
  }
  PamOptions options() const { return {.program = {}, .service = "latchkey", .configuration = folder.file("")}; }
  std::unique_ptr<UserPresence> make() const { return make_pam_presence(clock, options()); }

  TemporaryFolder folder;
  ManualClock clock;
};

// pam_exec hands over the password with a zero byte behind it.
constexpr std::string_view compare = "[ \"$(tr -d '\\000')\" = canary-8d1f-password ]\n";

TEST_F(Pam, the_right_password_is_a_weak_presence) {
  scripted_service(compare);
  const auto presence = make();
  const auto checked = presence->check(answering(password_canary));
  ASSERT_TRUE(checked.has_value()) << to_string(checked.error());
  EXPECT_EQ(checked->method(), PresenceMethod::device_credential);
  EXPECT_EQ(checked->strength(), PresenceStrength::weak);
  EXPECT_TRUE(presence->status().is_available);
}

TEST_F(Pam, wrong_passwords_have_to_wait_after_the_third) {
  scripted_service(compare);
  const auto presence = make();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(code_of(presence->check(answering("wrong"))), Code::wrong_passcode);
  EXPECT_EQ(code_of(presence->check(answering("wrong"))), Code::locked_out);
  EXPECT_EQ(code_of(presence->check(answering(password_canary))), Code::locked_out);
  EXPECT_EQ(presence->status().locked_out_until, clock.now() + std::chrono::seconds(1));
  clock.advance(std::chrono::seconds(1));
  EXPECT_TRUE(presence->check(answering(password_canary)).has_value());
  EXPECT_EQ(code_of(presence->check(answering("wrong"))), Code::wrong_passcode);
}

TEST_F(Pam, the_password_is_in_no_argument_and_no_environment) {
  const std::string seen = folder.file("seen").string();
  scripted_service("cat > /dev/null; cat /proc/$PPID/cmdline /proc/$PPID/environ > " + seen +
                   " 2>/dev/null; cat /proc/self/environ >> " + seen + "; exit 0\n");
  ASSERT_TRUE(make()->check(answering(password_canary)).has_value());
  const std::string text = read_text(seen);
  EXPECT_NE(text.find("latchkey-pam-check"), std::string::npos);
  EXPECT_EQ(text.find("canary"), std::string::npos);
}

TEST_F(Pam, a_module_that_asks_for_nothing_has_recognised_nobody) {
  service("auth required pam_permit.so\naccount required pam_permit.so\n");
  EXPECT_EQ(code_of(make()->check(answering(password_canary))), Code::temporarily_unavailable);
}

TEST_F(Pam, a_module_that_denies_is_a_wrong_password) {
  service("auth required pam_deny.so\naccount required pam_permit.so\n");
  EXPECT_EQ(code_of(make()->check(answering(password_canary))), Code::wrong_passcode);
}

TEST_F(Pam, an_account_that_may_not_be_used_is_denied) {
  const auto path = folder.file("nobody-listed");
  std::ofstream(path) << "somebody-else\n";
  scripted_service(compare);
  std::ofstream(folder.file("latchkey"), std::ios::app)
      << "account required pam_listfile.so item=user sense=allow onerr=fail file=" << path.string() << "\n";
  EXPECT_NE(code_of(make()->check(answering(password_canary))), Code{});
}

TEST_F(Pam, a_service_that_is_not_there_is_unavailable) {
  EXPECT_EQ(code_of(make()->check(answering(password_canary))), Code::temporarily_unavailable);
}

// pam_exec puts its script into a session of its own, out of reach; it ends when its fifo does.
class HangingPam : public Pam {
 protected:
  HangingPam() {
    for (const auto* fifo : {&started_, &hold_}) EXPECT_EQ(::mkfifo(fifo->c_str(), 0600), 0);
    scripted_service("cat > /dev/null; echo $PPID > " + started_ + "; cat " + hold_ + "\n");
  }
  ~HangingPam() override { ::close(::open(hold_.c_str(), O_WRONLY | O_CLOEXEC)); }  // waits for the reader

  // Waits for the module to run; the process that runs it.
  pid_t wait_for_checker() const { return std::stoi(read_text(started_)); }

 private:
  std::string started_ = folder.file("started").string();
  std::string hold_ = folder.file("hold").string();
};

TEST_F(HangingPam, is_killed_at_the_deadline) {
  Prompt prompt = answering(password_canary);
  prompt.timeout = std::chrono::seconds(2);
  const auto presence = make();
  auto result = std::async(std::launch::async, [&] { return presence->check(prompt); });
  const pid_t checker = wait_for_checker();
  EXPECT_EQ(code_of(result.get()), Code::presence_timeout);
  EXPECT_NE(::kill(checker, 0), 0);
}

TEST_F(HangingPam, is_killed_by_a_stop) {
  std::stop_source stop;
  Prompt prompt = answering(password_canary);
  prompt.timeout = std::chrono::hours(1);
  prompt.stop = stop.get_token();
  const auto presence = make();
  auto result = std::async(std::launch::async, [&] { return presence->check(prompt); });
  const pid_t checker = wait_for_checker();
  stop.request_stop();
  EXPECT_EQ(code_of(result.get()), Code::cancelled);
  EXPECT_NE(::kill(checker, 0), 0);
  EXPECT_EQ(code_of(presence->check(prompt)), Code::cancelled);
}

TEST_F(Pam, nobody_to_ask_and_a_cancelled_dialog_check_nothing) {
  scripted_service(compare);
  EXPECT_EQ(code_of(make()->check({})), Code::user_cancelled);
  Prompt prompt;
  prompt.ask_passcode = [](PasscodeAsk) -> Result<Passcode> { return fail(Code::user_cancelled); };
  EXPECT_EQ(code_of(make()->check(prompt)), Code::user_cancelled);
}

TEST_F(Pam, a_second_check_of_one_object_is_refused) {
  scripted_service(compare);
  const auto presence = make();
  Prompt prompt;
  prompt.ask_passcode = [&](PasscodeAsk) -> Result<Passcode> {
    EXPECT_EQ(code_of(presence->check(answering(password_canary))), Code::busy);
    return Passcode::copy_of(password_canary);
  };
  EXPECT_TRUE(presence->check(prompt).has_value());
}

TEST_F(Pam, a_password_that_cannot_be_one_is_wrong) {
  scripted_service(compare);
  EXPECT_EQ(code_of(make()->check(answering(std::string(513, 'a')))), Code::wrong_passcode);
  EXPECT_EQ(code_of(make()->check(answering(std::string_view("canary-8d1f-password\0x", 22)))), Code::wrong_passcode);
}

TEST_F(Pam, a_program_that_is_missing_is_unsupported_and_one_that_says_nothing_unavailable) {
  scripted_service(compare);
  PamOptions missing = options();
  missing.program = folder.file("nothing");
  const auto presence = make_pam_presence(clock, missing);
  EXPECT_EQ(code_of(presence->check(answering(password_canary))), Code::unsupported);
  EXPECT_FALSE(presence->status().is_available);
  EXPECT_EQ(presence->status().problem->code, Code::unsupported);
  missing.program = "/bin/true";
  EXPECT_EQ(code_of(make_pam_presence(clock, missing)->check(answering(password_canary))),
            Code::temporarily_unavailable);
  missing.program = "/bin/cat";  // says what it was told
  EXPECT_EQ(code_of(make_pam_presence(clock, missing)->check(answering(password_canary))),
            Code::temporarily_unavailable);
}

TEST_F(Pam, a_service_name_that_is_a_path_is_refused) {
  PamOptions outside = options();
  for (const char* name : {"", "../latchkey", "a/b", ".hidden"}) {
    outside.service = name;
    EXPECT_EQ(code_of(make_pam_presence(clock, outside)->check(answering(password_canary))), Code::invalid_argument);
  }
}

// pam_unix with a shadow file of this test's, bound over the real one for this program and its children only. The
// inner run finds the folder in the environment.
constexpr const char* inside_namespace = "LATCHKEY_TEST_SHADOW";

std::string own_program() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

TEST_F(Pam, the_shadow_file_of_the_system_decides_through_pam_unix) {
  if (std::getenv(inside_namespace) != nullptr) GTEST_SKIP() << "inside the namespace already";
  const std::string unshare = ::geteuid() == 0 ? "unshare -m" : "unshare -Urm";
  if (std::system((unshare + " true > /dev/null 2>&1").c_str()) != 0)  // NOLINT(cert-env33-c): fixed text
    GTEST_SKIP() << "no mount namespace may be made here";
  const std::string base = folder.file("").string();
  service("auth required pam_unix.so nodelay\naccount required pam_unix.so\n");
  const std::string command =
      "printf 'root:%s:19000:0:99999:7:::\\n' \"$(openssl passwd -6 canary-8d1f-password)\" > " + base +
      "shadow && chmod 600 " + base + "shadow && " + unshare + " sh -c 'mount --bind " + base +
      "shadow /etc/shadow && ASAN_OPTIONS=detect_leaks=0 " + inside_namespace + "=" + base + " exec " + own_program() +
      " --gtest_filter=DISABLED_InsideShadow.* --gtest_also_run_disabled_tests --gtest_brief=1'";
  EXPECT_EQ(std::system(command.c_str()), 0);  // NOLINT(cert-env33-c): fixed text and our own paths
}

TEST(DISABLED_InsideShadow, pam_unix_knows_the_right_password_from_a_wrong_one) {
  const char* const folder = std::getenv(inside_namespace);
  if (folder == nullptr) GTEST_FAIL() << "runs inside_namespace the namespace only";
  const ManualClock clock;
  const auto presence = make_pam_presence(clock, {.program = {}, .service = "latchkey", .configuration = folder});
  const auto checked = presence->check(answering(password_canary));
  EXPECT_TRUE(checked.has_value()) << to_string(checked.error());
  EXPECT_EQ(code_of(presence->check(answering("canary-8d1f-passwort"))), Code::wrong_passcode);
  EXPECT_EQ(code_of(presence->check(answering(""))), Code::wrong_passcode);
}

}  // namespace
}  // namespace latchkey::vault
