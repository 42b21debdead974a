// Real signals on a real bus of this test's own; the daemon that sends them is dbusmock's logind.
#include "vault/desktop_signals.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>

#include "tests/support/vault/private_bus.h"
#include "vault/desktop_lock.h"

namespace latchkey::vault {
namespace {

using testing::ChildProcess;
using testing::code_of;
using testing::PrivateBus;

constexpr const char* login = "org.freedesktop.login1";
const bus::Target manager_mock{login, "/org/freedesktop/login1", "org.freedesktop.DBus.Mock"};

// What was heard, for a test to wait for.
class Heard final {
 public:
  DesktopHandlers handlers() {
    return {[this](LockReason) { note(locks_); }, [this](const Error&) { note(losses_); }};
  }
  bool wait_for_locks(int count) { return wait(locks_, count); }
  bool wait_for_losses(int count) { return wait(losses_, count); }
  int locks() {
    const std::lock_guard hold(mutex_);
    return locks_;
  }

 private:
  void note(int& what) {
    {
      const std::lock_guard hold(mutex_);
      ++what;
    }
    changed_.notify_all();
  }
  bool wait(int& what, int count) {
    std::unique_lock hold(mutex_);
    return changed_.wait_for(hold, testing::patience, [&] { return what >= count; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int locks_ = 0, losses_ = 0;
};

class Desktop : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::is_program("dbus-daemon")) GTEST_SKIP() << "dbus-daemon is not installed";
    if (!testing::has_dbusmock()) GTEST_SKIP() << "python3-dbusmock is not installed";
    if (!shared_bus) shared_bus = new PrivateBus;
    start_login();
  }
  static void TearDownTestSuite() {
    delete shared_bus;
    shared_bus = nullptr;
  }

  PrivateBus& bus() { return *shared_bus; }
  void start_login() {
    login_ = bus().start_mock("logind", login);
    EXPECT_EQ(bus().call(manager_mock, "AddSession", "ssusb", "ours", "seat0", std::uint32_t{::getuid()}, "me", 1), "");
    EXPECT_EQ(bus().call(manager_mock, "AddSession", "ssusb", "theirs", "seat1", std::uint32_t{::getuid() + 1},
                         "somebody", 1),
              "");
  }
  void stop_login() { login_.stop(); }
  bus::Target session(const char* name) const {
    return {login, std::string("/org/freedesktop/login1/session/") + name, "org.freedesktop.login1.Session"};
  }
  void prepare_for(const char* member, bool is_starting) {
    EXPECT_EQ(bus().call(manager_mock, "EmitSignal", "sssav", "org.freedesktop.login1.Manager", member, "b", 1, "b",
                         is_starting ? 1 : 0),
              "");
  }
  DesktopOptions options() const {
    return {.bus_address = shared_bus->address(),
            .required_owner = ::geteuid(),
            .retry_after = std::chrono::milliseconds(10)};
  }
  std::unique_ptr<DesktopSignals> watch() {
    auto signals = DesktopSignals::watch(heard.handlers(), options());
    EXPECT_TRUE(signals.has_value()) << to_string(signals.error());
    return signals ? *std::move(signals) : nullptr;
  }
  std::size_t count_delay_locks() {
    const Waiting waiting(testing::patience, {});
    const auto reply = bus().control().call(
        waiting, {login, "/org/freedesktop/login1", "org.freedesktop.login1.Manager"}, "ListInhibitors", "");
    std::size_t count = 0;
    if (!reply || !reply->error.empty()) return 99;
    sd_bus_message_enter_container(reply->message.get(), 'a', "(ssssuu)");
    while (sd_bus_message_skip(reply->message.get(), "(ssssuu)") > 0) ++count;
    return count;
  }

  Heard heard;

 private:
  static inline PrivateBus* shared_bus = nullptr;
  ChildProcess login_;
};

TEST_F(Desktop, the_sessions_lock_signal_locks) {
  const auto signals = watch();
  ASSERT_EQ(bus().call(session("ours"), "Lock", ""), "");
  EXPECT_TRUE(heard.wait_for_locks(1));
}

TEST_F(Desktop, a_screen_that_says_it_is_locked_locks) {
  const auto signals = watch();
  ASSERT_EQ(bus().call(session("ours"), "SetLockedHint", "b", 1), "");
  EXPECT_TRUE(heard.wait_for_locks(1));
}

TEST_F(Desktop, another_users_session_and_an_unlocked_screen_do_not) {
  const auto signals = watch();
  ASSERT_EQ(bus().call(session("theirs"), "Lock", ""), "");
  ASSERT_EQ(bus().call(session("theirs"), "SetLockedHint", "b", 1), "");
  ASSERT_EQ(bus().call(session("ours"), "SetLockedHint", "b", 0), "");
  ASSERT_EQ(bus().call(session("ours"), "Unlock", ""), "");
  prepare_for("PrepareForSleep", false);
  // Signals keep their order: once this one is through, the others were.
  ASSERT_EQ(bus().call(session("ours"), "Lock", ""), "");
  EXPECT_TRUE(heard.wait_for_locks(1));
  EXPECT_EQ(heard.locks(), 1);
}

TEST_F(Desktop, sleep_and_shutdown_lock) {
  const auto signals = watch();
  prepare_for("PrepareForSleep", true);
  EXPECT_TRUE(heard.wait_for_locks(1));
  prepare_for("PrepareForShutdown", true);
  EXPECT_TRUE(heard.wait_for_locks(2));
}

TEST_F(Desktop, the_machine_may_sleep_only_after_the_vault_is_locked) {
  std::promise<void> is_locking, go_on;
  auto signals = DesktopSignals::watch({[&](LockReason) {
                                         is_locking.set_value();
                                         go_on.get_future().wait();
                                       }},
                                       options());
  ASSERT_TRUE(signals.has_value());
  EXPECT_EQ(count_delay_locks(), 1U);
  prepare_for("PrepareForSleep", true);
  is_locking.get_future().wait();
  EXPECT_EQ(count_delay_locks(), 1U);
  go_on.set_value();
  const auto deadline = std::chrono::steady_clock::now() + testing::patience;
  while (count_delay_locks() != 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(count_delay_locks(), 0U);
  prepare_for("PrepareForSleep", false);
  while (count_delay_locks() != 1 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(count_delay_locks(), 1U);
}

TEST_F(Desktop, a_lost_service_is_reported_and_watched_again) {
  const auto signals = watch();
  stop_login();
  EXPECT_TRUE(heard.wait_for_losses(1));
  start_login();
  const auto deadline = std::chrono::steady_clock::now() + testing::patience;
  while (count_delay_locks() != 1 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  ASSERT_EQ(bus().call(session("ours"), "Lock", ""), "");
  EXPECT_TRUE(heard.wait_for_locks(1));
}

TEST_F(Desktop, a_signal_of_a_foreign_sender_is_ignored) {
  const auto signals = watch();
  sd_bus* bus = nullptr;
  ASSERT_GE(sd_bus_new(&bus), 0);
  const bus::BusPtr holder(bus);
  ASSERT_GE(sd_bus_set_address(bus, this->bus().address().c_str()), 0);
  ASSERT_GE(sd_bus_set_bus_client(bus, 1), 0);
  ASSERT_GE(sd_bus_start(bus), 0);
  ASSERT_GE(sd_bus_emit_signal(bus, session("ours").path.c_str(), session("ours").interface, "Lock", ""), 0);
  ASSERT_GE(sd_bus_flush(bus), 0);
  ASSERT_EQ(this->bus().call(session("ours"), "Lock", ""), "");
  EXPECT_TRUE(heard.wait_for_locks(1));
  EXPECT_EQ(heard.locks(), 1);
}

TEST_F(Desktop, an_owner_of_another_user_is_refused) {
  DesktopOptions strict = options();
  strict.required_owner = ::geteuid() + 1;
  EXPECT_EQ(code_of(DesktopSignals::watch(heard.handlers(), strict)), Code::permission_denied);
}

TEST_F(Desktop, a_vault_locks_with_the_screen) {
  testing::Device device;
  const auto vault = testing::make_vault(device, make_memory_medium(), testing::with_slots({SlotKind::in_memory}));
  std::promise<LockReason> reason;
  const auto observer =
      vault->observe({.on_lock = [&](const LockedEvent& event) { reason.set_value(event.reason); }, .on_unlock = {}});
  const auto lock = DesktopLock::watch(*vault, options());
  ASSERT_TRUE(lock.has_value());
  ASSERT_FALSE(vault->is_locked());
  ASSERT_EQ(bus().call(session("ours"), "Lock", ""), "");
  EXPECT_EQ(reason.get_future().get(), LockReason::screen_off);
  EXPECT_TRUE(vault->is_locked());
}

TEST_F(Desktop, a_vault_nobody_would_tell_any_more_locks) {
  testing::Device device;
  const auto vault = testing::make_vault(device, make_memory_medium(), testing::with_slots({SlotKind::in_memory}));
  std::promise<LockReason> reason;
  const auto observer =
      vault->observe({.on_lock = [&](const LockedEvent& event) { reason.set_value(event.reason); }, .on_unlock = {}});
  const auto lock = DesktopLock::watch(*vault, options());
  ASSERT_TRUE(lock.has_value());
  stop_login();
  EXPECT_EQ(reason.get_future().get(), LockReason::screen_off);
}

TEST(DesktopPolicy, a_vault_that_may_stay_open_is_in_the_background_from_then_on) {
  testing::Device device;
  CreateOptions options = testing::with_slots({SlotKind::in_memory});
  options.policy.lock_on_screen_off = false;
  const auto vault = testing::make_vault(device, make_memory_medium(), options);
  vault->note_screen_locked();
  EXPECT_FALSE(vault->is_locked());
  device.clock.advance(options.policy.lock_after_backgrounded);
  EXPECT_TRUE(vault->is_locked());
}

TEST(DesktopWithoutBus, is_unsupported) {
  EXPECT_EQ(code_of(DesktopSignals::watch({[](LockReason) {}}, {.bus_address = "unix:path=/nonexistent/bus"})),
            Code::unsupported);
}

}  // namespace
}  // namespace latchkey::vault
