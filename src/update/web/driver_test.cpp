#include "update/web/driver.h"

#include <gtest/gtest.h>

#include "protocol/limits.h"
#include "update/vfses/memory_vfs.h"
#include "update/web/state_json.h"

namespace latchkey::update::web {
namespace {

struct Unreachable final : http::Client {
  using Client::send;
  Result<http::Response> send(const http::Request&, std::stop_token) override {
    return fail(Code::network_unreachable);
  }
};

class DriverTest : public ::testing::Test {
 protected:
  void SetUp() override {
    engine_ = *Engine::open(vfs_, make_built_in_page("x"), network_, clock_, EngineConfig{});
    engine_->start();
  }
  static WorkNote after_checks(const Driver& driver, std::uint64_t checks) {
    while (driver.note().checks < checks) std::this_thread::yield();
    return driver.note();
  }

  MemoryVfs vfs_;
  ManualClock clock_;
  Unreachable network_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(DriverTest, nothing_is_checked_in_mode_manual_until_somebody_wishes) {
  Driver driver(*engine_, {.mode = ApplyMode::manual, .sends_reports = false});
  EXPECT_EQ(driver.note().checks, 0U);
  driver.wish(Wish::check);
  const WorkNote note = after_checks(driver, 1);
  EXPECT_EQ(note.outcome->kind, CheckKind::no_answer);
  EXPECT_EQ(driver.note().checks, 1U);
}

TEST_F(DriverTest, the_first_check_comes_by_itself_in_every_other_mode) {
  Driver driver(*engine_, {.mode = ApplyMode::next_restart, .sends_reports = false});
  EXPECT_EQ(after_checks(driver, 1).outcome->kind, CheckKind::no_answer);
}

TEST_F(DriverTest, what_cannot_be_applied_is_noted) {
  Driver driver(*engine_, {.mode = ApplyMode::manual, .sends_reports = false});
  driver.wish(Wish::apply);
  while (!driver.note().error) std::this_thread::yield();
  EXPECT_EQ(driver.note().error->code, Code::not_found);
}

TEST(StateJson, every_member_is_there_though_nothing_has_happened) {
  std::string text;
  Writer writer(text);
  writer.begin_object();
  write_state(writer, State{});
  writer.end_object();
  EXPECT_EQ(
      text,
      R"({"phase":"built_in","current":null,"previous":null,"staged":null,"tries":0,"conditions":[],"held":false,)"
      R"("blocked":[],"strikes":[],"channel":"","time_floor":"1970-01-01T00:00:00Z","versions":{}})");
}

TEST(StateJson, bundles_conditions_and_what_is_blocked_are_told) {
  State state;
  state.staged.emplace();
  state.staged->name = "2.0";
  state.conditions = {{.kind = DelayKind::background, .duration = std::chrono::seconds(5), .at = {}, .native = {}},
                      {.kind = DelayKind::native_version, .duration = {}, .at = {}, .native = {2, 1, 0}}};
  state.block({}, Failure::not_ready);
  std::string text;
  Writer writer(text);
  writer.begin_object();
  write_state(writer, state);
  writer.end_object();
  EXPECT_NE(
      text.find(
          R"("conditions":[{"kind":"background","seconds":5},{"kind":"native_version","native":"2.1.0"}],"held":false)"),
      std::string::npos);
  EXPECT_NE(text.find(R"("reason":"not_ready")"), std::string::npos);
  EXPECT_NE(text.find(R"("name":"2.0","sequence":0)"), std::string::npos);
}

TEST(EventLog, numbers_go_on_though_the_oldest_events_go) {
  EventLog log;
  for (std::size_t i = 0; i < protocol::limits::page_events + 3; ++i) log.add({HappeningKind::staged, {}});
  EXPECT_EQ(log.last(), protocol::limits::page_events + 3);
  EXPECT_EQ(log.after(0).front().number, 4U);
  EXPECT_EQ(log.after(log.last() - 1).size(), 1U);
  EXPECT_TRUE(log.after(log.last()).empty());
}

}  // namespace
}  // namespace latchkey::update::web
