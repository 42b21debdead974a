// The real fprintd with libfprint's virtual reader, on a bus of this test's own; polkit is dbusmock's.
#include "vault/user_presences/fprint_presence.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>

#include "tests/support/vault/fingerprint_world.h"
#include "vault/presence_authenticator.h"
#include "vault/signing_keys/vault_signing_keys.h"

namespace latchkey::vault {
namespace {

using testing::ChildProcess;
using testing::code_of;
using testing::FingerprintWorld;

// One daemon for all of them; each begins with the right index finger enrolled as "a".
class Fprint : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* program : {"dbus-daemon", testing::fprintd_program})
      if (!testing::is_program(program)) GTEST_SKIP() << program << " is not installed";
    if (!testing::has_dbusmock()) GTEST_SKIP() << "python3-dbusmock is not installed";
    if (!shared) shared = new FingerprintWorld;
    world().allow(true);
    world().forget_fingers();
    world().enrol("right-index-finger", "a");
  }
  static void TearDownTestSuite() {
    delete shared;
    shared = nullptr;
  }

  FingerprintWorld& world() { return *shared; }
  std::unique_ptr<UserPresence> make() { return make(world().options()); }
  std::unique_ptr<UserPresence> make(FprintOptions options) {
    options.on_hint = [this](PresenceHint hint) {
      {
        const std::lock_guard hold(mutex);
        hints.push_back(hint);
      }
      hinted.notify_all();
    };
    return make_fprint_presence(clock, std::move(options));
  }
  // A check while `during` happens, on another thread.
  Result<Presence> check(UserPresence& presence, const std::function<void()>& during, Prompt prompt = {}) {
    auto result = std::async(std::launch::async, [&] { return presence.check(prompt); });
    during();
    return result.get();
  }
  // One command after each hint: the virtual reader loses what comes while it is at work.
  Result<Presence> check_with(UserPresence& presence, std::initializer_list<const char*> commands) {
    std::size_t expected = hints.size();
    return check(presence, [&] {
      for (const char* command : commands) {
        wait_for_hints(++expected);
        world().sense(command);
      }
    });
  }

  void wait_for_hints(std::size_t count) {
    std::unique_lock hold(mutex);
    EXPECT_TRUE(hinted.wait_for(hold, testing::patience, [&] { return hints.size() >= count; }));
  }

  ManualClock clock;
  std::mutex mutex;
  std::condition_variable hinted;
  std::vector<PresenceHint> hints;  // under the mutex while a check runs

 private:
  static inline FingerprintWorld* shared = nullptr;
};

TEST_F(Fprint, the_enrolled_finger_is_a_weak_presence) {
  const auto presence = make();
  const auto checked = check_with(*presence, {"SCAN a"});
  ASSERT_TRUE(checked.has_value()) << to_string(checked.error());
  EXPECT_EQ(checked->method(), PresenceMethod::fingerprint);
  EXPECT_EQ(checked->strength(), PresenceStrength::weak);
  EXPECT_EQ(checked->enrolment(), presence->enrolment_digest().value());
  EXPECT_EQ(hints, std::vector{PresenceHint::touch});
}

TEST_F(Fprint, a_wrong_finger_may_be_followed_by_the_right_one) {
  const auto presence = make();
  EXPECT_TRUE(check_with(*presence, {"SCAN b", "SCAN a"}).has_value());
  EXPECT_EQ(hints, (std::vector{PresenceHint::touch, PresenceHint::not_recognised}));
  EXPECT_FALSE(presence->status().locked_out_until);
}

TEST_F(Fprint, a_scan_to_repeat_is_not_a_failed_attempt) {
  const auto presence = make();
  EXPECT_TRUE(check_with(*presence, {"RETRY 0", "RETRY 1", "RETRY 2", "RETRY 3", "RETRY 0", "SCAN a"}).has_value());
  EXPECT_EQ(hints, (std::vector{PresenceHint::touch, PresenceHint::repeat, PresenceHint::swipe_longer,
                                PresenceHint::center, PresenceHint::lift_and_repeat, PresenceHint::repeat}));
}

TEST_F(Fprint, the_fourth_wrong_finger_locks_out_for_a_while) {
  const auto presence = make();
  EXPECT_EQ(code_of(check_with(*presence, {"SCAN b", "SCAN b", "SCAN b", "SCAN b"})), Code::locked_out);
  EXPECT_EQ(code_of(presence->check({})), Code::locked_out);
  EXPECT_EQ(presence->status().locked_out_until, clock.now() + std::chrono::seconds(1));
  clock.advance(std::chrono::seconds(1));
  EXPECT_FALSE(presence->status().locked_out_until);
  // Each further failure waits longer; a success makes all good again.
  EXPECT_EQ(code_of(check_with(*presence, {"SCAN b"})), Code::locked_out);
  EXPECT_EQ(presence->status().locked_out_until, clock.now() + std::chrono::seconds(5));
  clock.advance(std::chrono::seconds(5));
  EXPECT_TRUE(check_with(*presence, {"SCAN a"}).has_value());
  EXPECT_TRUE(check_with(*presence, {"SCAN b", "SCAN a"}).has_value());
}

TEST_F(Fprint, a_failing_reader_is_not_a_wrong_finger) {
  const auto presence = make();
  EXPECT_EQ(code_of(check_with(*presence, {"ERROR 0"})), Code::temporarily_unavailable);
  EXPECT_TRUE(check_with(*presence, {"SCAN a"}).has_value());
}

TEST_F(Fprint, without_permission_nobody_is_asked) {
  world().allow(false);
  const auto presence = make();
  EXPECT_EQ(code_of(presence->check({})), Code::permission_denied);
  EXPECT_EQ(code_of(presence->enrolment_digest()), Code::permission_denied);
  const PresenceStatus status = presence->status();
  EXPECT_TRUE(status.is_available);
  EXPECT_EQ(status.permission, Permission::denied);
  EXPECT_TRUE(hints.empty());
}

TEST_F(Fprint, without_an_enrolled_finger_nobody_is_asked) {
  world().forget_fingers();
  const auto presence = make();
  EXPECT_EQ(code_of(presence->check({})), Code::not_enrolled);
  EXPECT_EQ(code_of(presence->enrolment_digest()), Code::not_enrolled);
  const PresenceStatus status = presence->status();
  EXPECT_TRUE(status.is_available);
  EXPECT_FALSE(status.is_enrolled);
  EXPECT_TRUE(hints.empty());
}

TEST_F(Fprint, nobody_touching_it_is_a_timeout_and_the_reader_is_given_back) {
  const auto presence = make();
  Prompt prompt;
  prompt.timeout = std::chrono::milliseconds(300);
  EXPECT_EQ(code_of(presence->check(prompt)), Code::presence_timeout);
  EXPECT_EQ(world().bus().call(world().device(), "Claim", "s", ""), "");
  EXPECT_EQ(world().bus().call(world().device(), "Release", ""), "");
}

TEST_F(Fprint, a_stop_ends_the_wait_and_the_reader_is_given_back) {
  std::stop_source stop;
  Prompt prompt;
  prompt.timeout = std::chrono::hours(1);
  prompt.stop = stop.get_token();
  FprintOptions options = world().options();
  std::promise<void> is_waiting;
  options.on_hint = [&](PresenceHint) { is_waiting.set_value(); };
  const auto presence = make_fprint_presence(clock, options);
  const auto result = check(
      *presence,
      [&] {
        is_waiting.get_future().wait();
        stop.request_stop();
      },
      prompt);
  EXPECT_EQ(code_of(result), Code::cancelled);
  EXPECT_TRUE(check_with(*make(), {"SCAN a"}).has_value());
  EXPECT_EQ(code_of(presence->check(prompt)), Code::cancelled);
}

TEST_F(Fprint, a_reader_in_use_elsewhere_is_unavailable_for_now) {
  ASSERT_EQ(world().bus().call(world().device(), "Claim", "s", ""), "");
  const auto presence = make();
  EXPECT_EQ(code_of(presence->check({})), Code::temporarily_unavailable);
  ASSERT_EQ(world().bus().call(world().device(), "Release", ""), "");
  EXPECT_TRUE(check_with(*presence, {"SCAN a"}).has_value());
}

TEST_F(Fprint, a_second_check_of_one_object_is_refused) {
  FprintOptions options = world().options();
  std::promise<void> is_waiting;
  options.on_hint = [&](PresenceHint) { is_waiting.set_value(); };
  const auto presence = make_fprint_presence(clock, options);
  const auto result = check(*presence, [&] {
    is_waiting.get_future().wait();
    EXPECT_EQ(code_of(presence->check({})), Code::busy);
    world().sense("SCAN a");
  });
  EXPECT_TRUE(result.has_value());
}

TEST_F(Fprint, a_new_finger_is_another_enrolment) {
  const auto presence = make();
  const EnrolmentDigest before = presence->enrolment_digest().value();
  EXPECT_EQ(presence->enrolment_digest().value(), before);
  // This reader cannot identify, so fprintd asks for one finger of its choice: both are the same to it.
  world().enrol("left-thumb", "a");
  EXPECT_NE(presence->enrolment_digest().value(), before);
  const auto checked = check_with(*presence, {"SCAN a"});
  ASSERT_TRUE(checked.has_value());
  EXPECT_NE(checked->enrolment(), before);
}

TEST_F(Fprint, a_finger_enrolled_later_ends_the_signing_key_and_the_tokens) {
  const testing::Device device;
  const auto vault = testing::make_vault(device, make_memory_medium(), testing::with_slots({SlotKind::in_memory}));
  ASSERT_TRUE(vault->set("session", testing::value_of("tokens")).has_value());
  const auto keys = make_vault_signing_keys(*vault, {.drop_on_invalidation = {"session"}});
  const auto presence = make();
  PresenceAuthenticator authenticator(*presence, *keys, clock,
                                      {.origin = "org.example.app", .minimum_strength = PresenceStrength::weak});
  // The virtual reader is touched once for each question.
  const auto touched = [&](const auto& ask) {
    const std::size_t expected = hints.size() + 1;
    auto answer = std::async(std::launch::async, ask);
    wait_for_hints(expected);
    world().sense("SCAN a");
    return answer.get();
  };
  const auto ask = [&] { return authenticator.authenticate({"pay", "challenge-of-the-server"}, {}); };
  const auto key = touched([&] { return authenticator.enrol({}); });
  ASSERT_TRUE(key.has_value()) << to_string(key.error());
  const auto text = touched(ask);
  ASSERT_TRUE(text.has_value()) << to_string(text.error());
  const auto statement = protocol::verify_presence_statement(*text, *key,
                                                             {.purpose = "pay",
                                                              .challenge = "challenge-of-the-server",
                                                              .origin = "org.example.app",
                                                              .minimum_strength = PresenceStrength::weak},
                                                             clock.now());
  ASSERT_TRUE(statement.has_value()) << to_string(statement.error());
  EXPECT_EQ(statement->method, PresenceMethod::fingerprint);

  world().enrol("left-thumb", "a");
  EXPECT_EQ(code_of(touched(ask)), Code::key_invalidated);
  EXPECT_EQ(code_of(vault->get("session")), Code::not_found);
  EXPECT_EQ(code_of(ask()), Code::key_invalidated);  // nobody is asked any more
}

TEST_F(Fprint, signals_of_a_foreign_sender_are_ignored) {
  auto stranger = bus::Connection::open(world().bus().address());
  ASSERT_TRUE(stranger.has_value());
  std::promise<void> is_waiting;
  FprintOptions options = world().options();
  options.on_hint = [&](PresenceHint) { is_waiting.set_value(); };
  const auto presence = make_fprint_presence(clock, options);
  Prompt prompt;
  prompt.timeout = std::chrono::milliseconds(1000);
  const auto result = check(
      *presence,
      [&] {
        is_waiting.get_future().wait();
        sd_bus* bus = nullptr;
        ASSERT_GE(sd_bus_new(&bus), 0);
        const bus::BusPtr holder(bus);
        ASSERT_GE(sd_bus_set_address(bus, world().bus().address().c_str()), 0);
        ASSERT_GE(sd_bus_set_bus_client(bus, 1), 0);
        ASSERT_GE(sd_bus_start(bus), 0);
        for (int i = 0; i < 20; ++i)
          ASSERT_GE(sd_bus_emit_signal(bus, world().device().path.c_str(), world().device().interface, "VerifyStatus",
                                       "sb", "verify-match", 1),
                    0);
        ASSERT_GE(sd_bus_flush(bus), 0);
      },
      prompt);
  EXPECT_EQ(code_of(result), Code::presence_timeout);
}

TEST_F(Fprint, a_daemon_that_dies_is_unavailable_and_comes_back) {
  const auto presence = make();
  std::promise<void> is_waiting;
  FprintOptions options = world().options();
  options.on_hint = [&](PresenceHint) { is_waiting.set_value(); };
  const auto result = check(*make_fprint_presence(clock, options), [&] {
    is_waiting.get_future().wait();
    world().daemon().stop();
  });
  EXPECT_EQ(code_of(result), Code::temporarily_unavailable);
  const auto absent = presence->check({});  // and this bus cannot start it again
  EXPECT_EQ(code_of(absent), Code::unsupported);
  EXPECT_NE(absent.error().detail.find("install fprintd"), std::string::npos);
  EXPECT_FALSE(presence->status().is_available);
  world().start_daemon();
  EXPECT_TRUE(check_with(*presence, {"SCAN a"}).has_value());
}

TEST_F(Fprint, an_owner_of_another_user_is_refused) {
  FprintOptions options = world().options();
  options.required_owner = ::geteuid() + 1;
  EXPECT_EQ(code_of(make(options)->check({})), Code::permission_denied);
  EXPECT_EQ(code_of(make(options)->enrolment_digest()), Code::permission_denied);
  EXPECT_TRUE(hints.empty());
}

// The same the other way round, where this test may become somebody else.
TEST_F(Fprint, a_stranger_who_took_the_name_is_refused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to run a service as another user";
  world().daemon().stop();
  constexpr uid_t nobody = 65534;
  // An executable of its own would need to be readable by nobody; Debian's interpreter is.
  const std::string pose =
      "import dbus, dbus.mainloop.glib; from gi.repository import GLib; "
      "dbus.mainloop.glib.DBusGMainLoop(set_as_default=True); import os; "
      "name = dbus.service.BusName('net.reactivated.Fprint', "
      "dbus.bus.BusConnection(os.environ['DBUS_SYSTEM_BUS_ADDRESS'])) if __import__('dbus.service') else None; "
      "GLib.MainLoop().run()";
  std::filesystem::permissions(world().bus().folder().file(""), std::filesystem::perms::others_exec,
                               std::filesystem::perm_options::add);
  {
    const ChildProcess stranger =
        world().bus().start({testing::python, "-c", pose}, FingerprintWorld::service, {}, nobody);
    EXPECT_EQ(code_of(make()->check({})), Code::permission_denied);
  }
  world().start_daemon();
}

TEST(FprintWithoutBus, is_unsupported) {
  const ManualClock clock;
  const auto presence =
      make_fprint_presence(clock, {.on_hint = {}, .bus_address = "unix:path=/nonexistent/bus", .required_owner = 0});
  EXPECT_EQ(code_of(presence->check({})), Code::unsupported);
  const PresenceStatus status = presence->status();
  EXPECT_FALSE(status.is_available);
  EXPECT_EQ(status.problem->code, Code::unsupported);
  EXPECT_NE(status.problem->detail.find("install and start dbus"), std::string::npos);
}

}  // namespace
}  // namespace latchkey::vault
