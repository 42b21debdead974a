// What every adapter of UserPresence keeps to, with the real thing behind it.
#include <gtest/gtest.h>

#include <fstream>
#include <future>

#include "tests/support/vault/fingerprint_world.h"
#include "vault/user_presences/pam_presence.h"
#include "vault/user_presences/scripted_presence.h"

namespace latchkey::vault {
namespace {

using testing::code_of;

class ScriptedUser {
 public:
  static const char* why_skipped() { return nullptr; }
  std::unique_ptr<UserPresence> make() { return make_scripted_presence(std::make_shared<PresenceScript>()); }
  Result<Presence> check(UserPresence& presence, const Prompt& prompt) { return presence.check(prompt); }
};

class UserWithPassword {
 public:
  static const char* why_skipped() { return nullptr; }
  UserWithPassword() {
    const auto script = folder_.file("check.sh");
    std::ofstream(script) << "#!/bin/sh\n[ \"$(tr -d '\\000')\" = right ]\n";
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    std::ofstream(folder_.file("latchkey"))
        << "auth required pam_exec.so expose_authtok quiet " << script.string() << "\naccount required pam_permit.so\n";
  }
  std::unique_ptr<UserPresence> make() {
    return make_pam_presence(clock_, {.program = {}, .service = "latchkey", .configuration = folder_.file("")});
  }
  Result<Presence> check(UserPresence& presence, Prompt prompt) {
    prompt.ask_passcode = testing::answering("right").ask_passcode;
    return presence.check(prompt);
  }

 private:
  testing::TemporaryFolder folder_;
  ManualClock clock_;
};

class UserWithFinger {
 public:
  static const char* why_skipped() {
    if (!testing::is_program("dbus-daemon") || !testing::is_program(testing::fprintd_program))
      return "fprintd is not installed";
    return testing::has_dbusmock() ? nullptr : "python3-dbusmock is not installed";
  }
  UserWithFinger() { world_.enrol("right-index-finger", "a"); }
  std::unique_ptr<UserPresence> make() { return make_fprint_presence(clock_, world_.options()); }
  Result<Presence> check(UserPresence& presence, const Prompt& prompt) {
    if (prompt.stop.stop_requested()) return presence.check(prompt);
    auto result = std::async(std::launch::async, [&] { return presence.check(prompt); });
    world_.sense("SCAN a");
    return result.get();
  }

 private:
  testing::FingerprintWorld world_;
  ManualClock clock_;
};

template <class User>
class UserPresenceContract : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const char* reason = User::why_skipped()) GTEST_SKIP() << reason;
    user = std::make_unique<User>();
    presence = user->make();
  }
  std::unique_ptr<User> user;
  std::unique_ptr<UserPresence> presence;
};
using Users = ::testing::Types<ScriptedUser, UserWithPassword, UserWithFinger>;
TYPED_TEST_SUITE(UserPresenceContract, Users);

TYPED_TEST(UserPresenceContract, confirms_the_user_by_its_own_method_strength_and_enrolment) {
  const auto confirmed = this->user->check(*this->presence, {});
  ASSERT_TRUE(confirmed.has_value()) << to_string(confirmed.error());
  EXPECT_EQ(confirmed->method(), this->presence->method());
  EXPECT_EQ(confirmed->strength(), this->presence->status().strength);
  EXPECT_EQ(confirmed->enrolment(), this->presence->enrolment_digest().value());
}

TYPED_TEST(UserPresenceContract, confirms_again_and_again) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(this->user->check(*this->presence, {}).has_value());
}

TYPED_TEST(UserPresenceContract, tells_that_it_can_be_used_without_asking) {
  const PresenceStatus status = this->presence->status();
  EXPECT_TRUE(status.is_available);
  EXPECT_TRUE(status.is_enrolled);
  EXPECT_EQ(status.permission, Permission::granted);
  EXPECT_FALSE(status.problem) << to_string(*status.problem);
  EXPECT_FALSE(status.locked_out_until);
  EXPECT_FALSE(status.key_bound);
  EXPECT_EQ(status.strength, PresenceStrength::weak);
}

TYPED_TEST(UserPresenceContract, asks_nobody_once_it_is_to_stop) {
  std::stop_source stop;
  stop.request_stop();
  Prompt prompt;
  prompt.stop = stop.get_token();
  EXPECT_EQ(code_of(this->user->check(*this->presence, prompt)), Code::cancelled);
  EXPECT_TRUE(this->user->check(*this->presence, {}).has_value());
}

TYPED_TEST(UserPresenceContract, an_unchanged_enrolment_has_one_digest_for_every_object) {
  EXPECT_EQ(this->presence->enrolment_digest().value(), this->user->make()->enrolment_digest().value());
}

}  // namespace
}  // namespace latchkey::vault
