// A disk that refuses to give what it holds, for a while or for good, while the app runs and while it is updated.
#include <gtest/gtest.h>

#include "http/server/loopback_client.h"
#include "protocol/release/device_report.h"
#include "tests/support/update/app_repository.h"
#include "tests/support/update/simulation/faulty_vfs.h"
#include "tests/support/update/test_bundles.h"
#include "update/engine.h"

namespace latchkey::update {
namespace {

using protocol::release::ReportEvent;
using testing::AppRepository;
using testing::DiskHarm;
using testing::DiskPlan;

class UnreadableDisk : public ::testing::Test {
 protected:
  static constexpr DiskPlan first_read{.harm = DiskHarm::unreadable, .at = 1, .calls = 3};  // open, size, read
  static constexpr DiskPlan every_read{.harm = DiskHarm::unreadable, .at = 1, .calls = 1'000'000};

  void SetUp() override {
    open();
    engine_->start();
    for (const int version : {1, 2}) {
      update(version);
      ASSERT_TRUE(engine_->ready(engine_->begin_load(time_)));
      engine_->ended(time_);
    }
    ASSERT_TRUE(runs(2));
    (void)reports();
    (void)engine_->take_happenings();
  }
  void open() {
    engine_.reset();
    disk_.set({});
    EngineConfig config;
    config.app = AppRepository::app;
    config.base_url = "http://127.0.0.1/updates/" + config.app;
    config.root = repository_.tuf.metadata.at("1.root.json");
    config.device.platform = "android";
    config.device.native = {2, 0, 0};
    config.ring.content_keys.push_back(testing::content_key());
    auto built_in = make_built_in_page("<title>0</title>");
    engine_ = Engine::open(disk_, std::move(built_in), client_, clock_, std::move(config)).value();
  }
  void start(const DiskPlan& plan = {}) {
    open();
    disk_.set(plan);
    engine_->start();
    disk_.set({});
  }
  void update(int version) {
    repository_.publish(version);
    const auto checked = engine_->check();
    ASSERT_TRUE(checked && checked->kind == CheckKind::available);
    ASSERT_TRUE(engine_->download());
    start();
  }
  // The file of that name cannot be read any more.
  std::string spoil(int version, std::string_view ending) {
    for (const auto& file : repository_.bundle(version).tree().files())
      if (file.path.ends_with(ending)) {
        disk_.spoil(blob_path(file.sha256));
        return file.path;
      }
    return {};
  }
  Result<InstallReport> download(int version, const testing::Publication& how) {
    repository_.publish(version, how);
    const auto checked = engine_->check();
    EXPECT_TRUE(checked && checked->kind == CheckKind::available);
    return engine_->download();
  }
  void verify(const DiskPlan& plan) {
    disk_.set(plan);
    EXPECT_TRUE(engine_->verify());
    disk_.set({});
  }
  bool runs(int version) { return engine_->running()->tree.root() == repository_.root_of(version); }
  // Those that were not asked for before.
  std::vector<protocol::release::DeviceReport> reports() {
    EXPECT_TRUE(engine_->send_reports());
    std::vector<protocol::release::DeviceReport> opened;
    for (const std::string& body : std::exchange(repository_.reports, {}))
      opened.push_back(protocol::release::open_device_report(body).value());
    return opened;
  }

  AppRepository repository_{from_unix_seconds(1'800'000'000)};
  http::LoopbackClient client_{repository_.router};
  ManualClock clock_{repository_.tuf.now()};
  MemoryVfs memory_;
  testing::FaultyVfs disk_{memory_};
  MonotonicTime time_{};
  std::unique_ptr<Engine> engine_;
};

TEST_F(UnreadableDisk, changes_the_run_in_which_files_were_asked_for_and_no_other) {
  verify(first_read);
  EXPECT_TRUE(runs(1));
  EXPECT_EQ(engine_->state().current->root, repository_.root_of(2));
  EXPECT_EQ(engine_->state().phase, Phase::confirmed);
  EXPECT_TRUE(engine_->take_happenings().empty());
  EXPECT_TRUE(reports().empty());
  start();
  EXPECT_TRUE(runs(2));
  EXPECT_EQ(engine_->state().phase, Phase::confirmed);
  EXPECT_TRUE(engine_->state().is_hashed);
  verify(first_read);
  start();
  EXPECT_TRUE(runs(2)) << "a start that went well lies between";
}

TEST_F(UnreadableDisk, at_the_next_start_too_gives_the_bundle_up_and_is_no_evidence_against_it) {
  verify(first_read);
  start(every_read);
  EXPECT_EQ(engine_->state().current->root, repository_.root_of(1));
  EXPECT_TRUE(engine_->state().bad.empty());
  EXPECT_TRUE(engine_->state().strikes.empty());
  const auto told = reports();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].event, ReportEvent::failed);
  EXPECT_EQ(told[0].reason, "verify");
  start();
  EXPECT_TRUE(runs(1));
}

TEST_F(UnreadableDisk, costs_what_is_new_no_try_and_is_no_crash) {
  update(3);
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(runs(3)) << i;
    engine_->begin_load(time_);
    EXPECT_EQ(engine_->state().tries, 1);
    verify(first_read);
    EXPECT_TRUE(runs(2));
    EXPECT_EQ(engine_->state().tries, 0);
    engine_->begin_load(time_);
    start();
    EXPECT_TRUE(engine_->state().crashes.empty());
  }
  ASSERT_TRUE(engine_->ready(engine_->begin_load(time_)));
  EXPECT_EQ(engine_->state().phase, Phase::confirmed);
}

TEST_F(UnreadableDisk, that_is_damaged_gives_up_at_once_and_is_no_evidence_either) {
  const auto& file = repository_.bundle(2).tree().files().front();
  ASSERT_TRUE((*memory_.open(blob_path(file.sha256), OpenMode::write))->write(0, as_bytes("damage")));
  verify({});
  EXPECT_EQ(engine_->state().current->root, repository_.root_of(1));
  EXPECT_EQ(engine_->state().strikes.size(), 1U);
  const auto told = reports();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].event, ReportEvent::failed);
}

TEST_F(UnreadableDisk, for_good_in_what_the_next_bundle_has_too_ends_no_download_and_is_mended) {
  const std::string logo = spoil(2, ".svg");  // 1 has it, too
  const auto report = download(3, {.bases = {1, 2}});
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->steps_down, 2U);
  EXPECT_EQ(report->objects, 1U);
  start();
  ASSERT_TRUE(runs(3));
  EXPECT_TRUE(engine_->read(*engine_->running(), logo));
  EXPECT_TRUE(engine_->state().strikes.empty());
}

TEST_F(UnreadableDisk, for_good_in_what_a_patch_changes_leads_over_another_base) {
  spoil(1, ".js");
  const auto report = download(3, {.bases = {1, 2}, .has_full = false});
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->steps_down, 1U);
  start();
  EXPECT_TRUE(runs(3));
}

TEST_F(UnreadableDisk, for_good_where_no_other_way_leads_is_no_fault_of_the_release) {
  spoil(2, ".svg");
  EXPECT_EQ(download(3, {.bases = {1, 2}, .has_full = false}).error().code, Code::storage_failed);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(engine_->download().error().code, Code::storage_failed);
  EXPECT_TRUE(engine_->state().strikes.empty());
  EXPECT_TRUE(reports().empty());
  EXPECT_TRUE(runs(2));
}

TEST_F(UnreadableDisk, for_good_in_two_bundles_leads_to_the_built_in_one_and_back_to_the_same_release) {
  spoil(2, ".svg");
  verify({});
  for (int i = 0; i < 4; ++i) start();
  EXPECT_FALSE(engine_->running()->record) << "the one before has the same file";
  const auto checked = engine_->check();
  ASSERT_TRUE(checked && checked->kind == CheckKind::available);
  ASSERT_TRUE(engine_->download());
  start();
  EXPECT_TRUE(runs(2));
  EXPECT_TRUE(engine_->state().bad.empty());
}

}  // namespace
}  // namespace latchkey::update
