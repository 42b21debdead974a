// Shares, pauses, halts and device reports over the API, on both databases.
#include <gtest/gtest.h>

#include "tests/support/databases.h"
#include "tests/support/release_world.h"

namespace latchkey::release {
namespace {

using protocol::release::ReportEvent;
using tests::ReleaseWorld;

template <class Kind>
class Rollouts : public tests::DatabaseTest<Kind> {
 protected:
  void SetUp() override {
    tests::DatabaseTest<Kind>::SetUp();
    if (this->IsSkipped()) return;
    world_.emplace(this->db());
    ASSERT_EQ(world_->post_metadata(world_->first_metadata()).status, 204);
    ASSERT_EQ(world_->publish(1), 201);
  }
  ReleaseWorld& world() { return *world_; }
  protocol::release::PolicyEntry state() { return world().policy().releases.front(); }
  StoredRelease stored() {
    auto look = [](sql::Transaction& tx) {
      return find_release(tx, ReleaseWorld::app, "stable", ReleaseWorld::release_id(1));
    };
    return this->db().read(look).get().value().value();
  }
  std::optional<ReleaseWorld> world_;
};

TYPED_TEST_SUITE(Rollouts, tests::Databases, tests::DatabaseNames);

TYPED_TEST(Rollouts, a_share_set_by_hand_reaches_devices_in_the_signed_policy) {
  EXPECT_EQ(this->world().change("rollout", 1, R"(,"bps":250)").status, 204);
  EXPECT_EQ(this->state().bps, 250U);
  EXPECT_EQ(this->world().change("pause", 1, R"(,"reason":"support calls")").status, 204);
  EXPECT_TRUE(this->state().paused);
  EXPECT_EQ(this->state().reason, "support calls");
  EXPECT_EQ(this->world().change("resume", 1).status, 204);
  EXPECT_FALSE(this->state().paused);
  EXPECT_EQ(this->state().bps, 250U);
}

TYPED_TEST(Rollouts, a_halt_is_for_good) {
  EXPECT_EQ(this->world().change("halt", 1, R"(,"reason":"wrong prices")").status, 204);
  EXPECT_TRUE(this->state().halted);
  EXPECT_EQ(this->world().change("resume", 1).status, 409);
  EXPECT_EQ(this->world().change("rollout", 1, R"(,"bps":10000)").status, 409);
  EXPECT_TRUE(this->state().halted);
}

TYPED_TEST(Rollouts, mistakes_are_refused) {
  for (const char* more : {"", R"(,"bps":10001)", R"(,"bps":-1)", R"(,"bps":1.5)", R"(,"bps":1,"extra":1)"})
    EXPECT_EQ(this->world().change("rollout", 1, more).status, 422) << more;
  EXPECT_EQ(this->world().change("pause", 1, R"(,"bps":1)").status, 422);
  EXPECT_EQ(this->world().change("pause", 1, R"(,"reason":"\u0007")").status, 422);
  EXPECT_EQ(this->world().change("rollout", 9, R"(,"bps":1)").status, 404);
  EXPECT_EQ(this->state().bps, 10000U);
}

TYPED_TEST(Rollouts, each_device_counts_once_per_release) {
  EXPECT_EQ(this->world().report(1, 1, ReportEvent::activated, 1).status, 204);
  EXPECT_EQ(this->stored().activated, 1U);
  EXPECT_EQ(this->stored().outcomes, (Outcomes{0, 0})) << "nothing is known of it yet";
  EXPECT_EQ(this->world().report(1, 1, ReportEvent::ready, 2).status, 204);
  EXPECT_EQ(this->world().report(1, 1, ReportEvent::ready, 3).status, 204);
  EXPECT_EQ(this->stored().outcomes, (Outcomes{1, 0}));
  EXPECT_EQ(this->world().report(1, 1, ReportEvent::rolled_back, 4).status, 204);
  EXPECT_EQ(this->stored().outcomes, (Outcomes{1, 1})) << "good first, failed later";
  EXPECT_EQ(this->world().report(1, 1, ReportEvent::ready, 5).status, 204);
  EXPECT_EQ(this->stored().outcomes, (Outcomes{1, 1})) << "and failed it stays";
  EXPECT_EQ(this->world().report(2, 1, ReportEvent::failed, 1).status, 204);
  EXPECT_EQ(this->stored().not_installed, 1U);
  EXPECT_EQ(this->stored().outcomes, (Outcomes{1, 1})) << "it never ran there";
}

TYPED_TEST(Rollouts, a_replayed_report_counts_for_nothing) {
  protocol::release::DeviceReport said;
  said.app = ReleaseWorld::app;
  said.channel = "stable";
  said.release = ReleaseWorld::release_id(1);
  said.event = ReportEvent::rolled_back;
  said.count = 5;
  said.at = tests::release_start;
  const std::string body = *protocol::release::sign_device_report(said, this->world().tuf.key("device"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(this->world().send_report(body).status, 204);
  EXPECT_EQ(this->stored().outcomes, (Outcomes{1, 1}));
  said.event = ReportEvent::ready;
  said.count = 4;
  const std::string older = *protocol::release::sign_device_report(said, this->world().tuf.key("device"));
  EXPECT_EQ(this->world().send_report(older).status, 204);
  EXPECT_EQ(this->stored().outcomes, (Outcomes{1, 1}));
}

TYPED_TEST(Rollouts, forged_and_foreign_reports_are_refused) {
  protocol::release::DeviceReport said;
  said.app = ReleaseWorld::app;
  said.channel = "stable";
  said.release = ReleaseWorld::release_id(1);
  said.at = tests::release_start;
  std::string body = *protocol::release::sign_device_report(said, this->world().tuf.key("device"));
  std::string forged = body;
  forged[body.find("signature") + 14] ^= 1;
  EXPECT_EQ(this->world().send_report(forged).status, 422);
  EXPECT_EQ(this->world().send_report("{}").status, 422);
  EXPECT_EQ(this->world().send_report(std::string(5000, 'x')).status, 413);
  said.app = "org.other";
  EXPECT_EQ(
      this->world().send_report(*protocol::release::sign_device_report(said, this->world().tuf.key("device"))).status,
      422);
  said.app = ReleaseWorld::app;
  said.release = ReleaseWorld::release_id(99);
  EXPECT_EQ(
      this->world().send_report(*protocol::release::sign_device_report(said, this->world().tuf.key("device"))).status,
      204)
      << "a release nobody knows is no secret";
  EXPECT_EQ(this->stored().activated, 0U);
}

TYPED_TEST(Rollouts, devices_that_fail_halt_the_release_and_devices_are_told) {
  int device = 0;
  for (; device < 100 && !this->state().halted; ++device)
    ASSERT_EQ(this->world().report(device, 1, ReportEvent::rolled_back, 1).status, 204);
  EXPECT_LE(device, 5) << "every one of them failed";
  EXPECT_TRUE(this->state().reason.starts_with("automatic: ")) << this->state().reason;
  EXPECT_EQ(this->world().report(200, 1, ReportEvent::ready, 1).status, 204) << "reports go on";
  EXPECT_TRUE(this->state().halted);
}

TYPED_TEST(Rollouts, devices_that_work_do_not) {
  for (int device = 0; device < 40; ++device)
    ASSERT_EQ(this->world().report(device, 1, ReportEvent::ready, 1).status, 204);
  EXPECT_FALSE(this->state().halted);
  EXPECT_EQ(this->stored().outcomes, (Outcomes{40, 0}));
}

TYPED_TEST(Rollouts, one_address_cannot_bring_any_number_of_devices) {
  int accepted = 0;
  for (int device = 0; device < 60; ++device) {
    protocol::release::DeviceReport said;
    said.app = ReleaseWorld::app;
    said.channel = "stable";
    said.release = ReleaseWorld::release_id(1);
    said.at = tests::release_start;
    const auto key = crypto::SigningKey::generate(crypto::SignatureAlgorithm::ed25519);
    accepted += this->world().send_report(*protocol::release::sign_device_report(said, *key)).status == 204 ? 1 : 0;
  }
  EXPECT_EQ(accepted, 50);
}

TYPED_TEST(Rollouts, the_most_used_bases_are_told) {
  for (int device = 0; device < 3; ++device) this->world().report(device, 1, ReportEvent::ready, 1);
  this->world().report(9, 7, ReportEvent::ready, 1);
  const auto response = this->world().send(http::Method::get, ReleaseWorld::api("/channels/stable/bases"));
  EXPECT_EQ(response.body_text(), R"({"bases":[{"root":")" + to_hex(testing::sample_root(1)) +
                                      R"(","devices":3},{"root":")" + to_hex(testing::sample_root(7)) +
                                      R"(","devices":1}]})");
  this->world().clock.advance(std::chrono::days(31));
  EXPECT_EQ(this->world().send(http::Method::get, ReleaseWorld::api("/channels/stable/bases")).body_text(),
            R"({"bases":[]})");
}

TYPED_TEST(Rollouts, silent_devices_are_forgotten) {
  this->world().report(1, 1, ReportEvent::ready, 1);
  this->world().clock.advance(std::chrono::days(181));
  (void)this->world().server->keep_house();
  auto count = [](sql::Transaction& tx) {
    return tx.query("SELECT 1 FROM release_devices UNION ALL SELECT 1 FROM release_outcomes");
  };
  EXPECT_TRUE(this->db().read(count).get()->is_empty());
}

}  // namespace
}  // namespace latchkey::release
