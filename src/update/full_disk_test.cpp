// A disk without room, in an engine that goes on while room comes and goes.
#include <gtest/gtest.h>

#include "http/server/loopback_client.h"
#include "protocol/release/device_report.h"
#include "tests/support/update/app_repository.h"
#include "update/engine.h"
#include "update/vfses/memory_vfs.h"

namespace latchkey::update {
namespace {

using namespace std::chrono_literals;
using testing::AppRepository;

class FullDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    EngineConfig config;
    config.app = AppRepository::app;
    config.base_url = "http://127.0.0.1/updates/" + config.app;
    config.root = repository.tuf.metadata.at("1.root.json");
    config.device.platform = "android";
    config.device.native = {2, 0, 0};
    config.ring.content_keys.push_back(testing::content_key());
    engine_ = Engine::open(vfs_, make_built_in_page("<title>0</title>"), client_, clock_, std::move(config)).value();
    engine_->start();
    repository.publish(1);
    wanted_ = 2 * repository.descriptor.tree.bytes + InstallRules{}.spare_bytes;
  }
  CheckKind check() { return engine_->check().value().kind; }
  std::vector<protocol::release::DeviceReport> reports() {
    EXPECT_TRUE(engine_->send_reports());
    std::vector<protocol::release::DeviceReport> opened;
    for (const std::string& body : repository.reports)
      opened.push_back(protocol::release::open_device_report(body).value());
    return opened;
  }

  AppRepository repository{from_unix_seconds(1'800'000'000)};
  http::LoopbackClient client_{repository.router};
  ManualClock clock_{repository.tuf.now()};
  MemoryVfs vfs_;
  std::unique_ptr<Engine> engine_;
  std::uint64_t wanted_ = 0;
};

TEST_F(FullDisk, is_told_in_bytes_and_asked_again_without_the_network_until_there_is_room) {
  vfs_.set_free_bytes(wanted_ - 1);
  ASSERT_EQ(check(), CheckKind::available);
  for (int i = 0; i < 3; ++i) {
    const auto done = engine_->download();
    ASSERT_EQ(done.error().code, Code::storage_full);
    EXPECT_NE(done.error().detail.find(std::to_string(wanted_)), std::string::npos);
    EXPECT_EQ(engine_->missing_room(), (Room{wanted_, wanted_ - 1}));
    EXPECT_EQ(engine_->next_check(1h), 1h) << "what else the publisher says is still heard";
    EXPECT_EQ(check(), CheckKind::available);
  }
  EXPECT_EQ(repository.count_requests("objects/"), 0);
  EXPECT_FALSE(engine_->running()->record) << "what ran runs";
  vfs_.set_free_bytes(wanted_);
  EXPECT_TRUE(engine_->download());
  EXPECT_FALSE(engine_->missing_room());
}

TEST_F(FullDisk, is_reported_once_and_no_fault_of_the_release) {
  vfs_.set_free_bytes(0);
  ASSERT_EQ(check(), CheckKind::available);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(engine_->download());
  const auto told = engine_->take_happenings();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].kind, HappeningKind::failed);
  EXPECT_EQ(told[0].reason, Failure::no_space);
  ASSERT_EQ(reports().size(), 1U);
  EXPECT_EQ(reports()[0].event, protocol::release::ReportEvent::failed);
  EXPECT_EQ(reports()[0].reason, "storage_full");
  EXPECT_EQ(reports()[0].release, repository.descriptor.terms.id);
  EXPECT_TRUE(engine_->state().strikes.empty());
  EXPECT_TRUE(engine_->state().bad.empty());
}

TEST_F(FullDisk, that_has_room_by_its_own_account_is_left_alone_for_a_day) {
  vfs_.refuse([](Deed deed, const std::string& path) -> std::optional<MemoryVfs::Refusal> {
    if (deed != Deed::create || !path.starts_with("blobs/")) return std::nullopt;
    return MemoryVfs::Refusal{{Code::storage_full, "quota"}};
  });
  ASSERT_EQ(check(), CheckKind::available);
  EXPECT_EQ(engine_->download().error().code, Code::storage_full);
  EXPECT_FALSE(engine_->missing_room());
  EXPECT_GE(engine_->next_check(1h), 24h);
  vfs_.refuse({});
  EXPECT_TRUE(engine_->download());
}

}  // namespace
}  // namespace latchkey::update
