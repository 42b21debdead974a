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
  protocol::release::DeviceReport said_by(int key, ReportEvent event) {
    protocol::release::DeviceReport said;
    said.app = ReleaseWorld::app;
    said.channel = "stable";
    said.release = ReleaseWorld::release_id(1);
    said.event = event;
    said.at = tests::release_start;
    said.device_key = {1, static_cast<std::uint8_t>(key >> 8), static_cast<std::uint8_t>(key)};
    return said;
  }
  int send_failure_of_a_new_key() {
    const auto key = crypto::SigningKey::generate(crypto::SignatureAlgorithm::ed25519);
    const auto said = said_by(0, ReportEvent::rolled_back);
    return world().send_report(*protocol::release::sign_device_report(said, *key)).status;
  }
  // Behind the signature and the budget of new devices.
  Status take(int key, ReportEvent event, const std::string& address) {
    auto work = [&](sql::Transaction& tx) -> Status {
      TRY_DO(take_report(tx, {world().seal, {}, {}}, said_by(key, event), *http::Address::parse(address),
                         world().clock.now()));
      return {};
    };
    return this->db().write(work).get();
  }
  // As if so many devices had worked, and those that did among them.
  Status have_worked(std::int64_t devices) {
    auto work = [&](sql::Transaction& tx) -> Status {
      TRY_DO(tx.execute("UPDATE release_releases SET devices = $1, evidence_devices = $1", devices));
      return {};
    };
    return this->db().write(work).get();
  }
  // Of so many keys, from all the addresses of a network.
  Status take_failures(int count, const std::string& network) {
    auto work = [&](sql::Transaction& tx) -> Status {
      for (int i = 0; i < count; ++i)
        TRY_DO(take_report(tx, {world().seal, {}, {}}, said_by(next_key_ + i, ReportEvent::rolled_back),
                           *http::Address::parse(network + std::to_string(i % 256)), tests::release_start));
      return {};
    };
    const Status taken = this->db().write(work).get();
    next_key_ += count;
    return taken;
  }
  std::optional<ReleaseWorld> world_;
  int next_key_ = 1000;
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
  EXPECT_EQ(this->world().send_report(body).status, 204);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(this->world().send_report(body).status, 409);
  EXPECT_EQ(this->stored().outcomes, (Outcomes{1, 1}));
  said.event = ReportEvent::ready;
  said.count = 4;
  const std::string older = *protocol::release::sign_device_report(said, this->world().tuf.key("device"));
  const auto answer = this->world().send_report(older);
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.body_text(), R"({"count":5})") << "whoever has the key can go on from there";
  std::string forged = older;
  forged[older.find("signature") + 14] ^= 1;
  EXPECT_EQ(this->world().send_report(forged).status, 422) << "and nobody else hears it";
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

TYPED_TEST(Rollouts, devices_of_many_addresses_that_fail_pause_the_release_and_devices_are_told) {
  int device = 0;
  for (; device < 100 && !this->state().paused; ++device)
    ASSERT_EQ(this->world().report(device, 1, ReportEvent::rolled_back, 1).status, 204);
  EXPECT_EQ(device, 5) << "every one of them failed, each in a network of its own";
  EXPECT_EQ(this->state().reason, "automatic: 5 of 5 devices failed, in 5 networks");
  EXPECT_FALSE(this->state().halted) << "that is a person's to say";
  EXPECT_EQ(this->world().report(200, 1, ReportEvent::ready, 1).status, 204) << "reports go on";
  EXPECT_TRUE(this->state().paused);
}

TYPED_TEST(Rollouts, keys_of_one_address_pause_nothing) {
  this->world().client->set_address(*http::Address::parse("203.0.113.7"));
  for (int i = 0; i < 50; ++i) ASSERT_EQ(this->send_failure_of_a_new_key(), 204) << i;
  EXPECT_EQ(this->send_failure_of_a_new_key(), 429) << "as many as an address may bring at once";
  EXPECT_FALSE(this->state().paused);
  EXPECT_EQ(this->stored().outcomes, (Outcomes{50, 50})) << "shown";
  EXPECT_EQ(this->stored().evidence, (Evidence{{1, 1}, 1})) << "and no evidence";
}

TYPED_TEST(Rollouts, five_thousand_keys_of_a_network_pause_nothing_beside_devices_that_work) {
  for (int i = 0; i < 60; ++i)
    ASSERT_TRUE(this->take(500 + i, i < 4 ? ReportEvent::rolled_back : ReportEvent::ready, "198.51.100.1"));
  ASSERT_TRUE(this->take_failures(5000, "203.0.113."));
  EXPECT_FALSE(this->stored().state.paused);
  EXPECT_EQ(this->stored().outcomes.failed, 5004U);
  EXPECT_EQ(this->stored().evidence, (Evidence{{58, 2}, 2}));
}

TYPED_TEST(Rollouts, nor_do_those_of_four_networks) {
  for (const char* network : {"203.0.113.", "198.51.100.", "192.0.2.", "192.88.99."})
    ASSERT_TRUE(this->take_failures(50, network));
  EXPECT_FALSE(this->stored().state.paused);
  EXPECT_EQ(this->stored().evidence, (Evidence{{4, 4}, 4}));
  ASSERT_TRUE(this->take_failures(1, "192.0.3."));
  EXPECT_TRUE(this->stored().state.paused) << "five are believed";
}

TYPED_TEST(Rollouts, a_resumed_release_is_paused_by_new_evidence_only) {
  for (int device = 0; device < 5; ++device) this->world().report(device, 1, ReportEvent::rolled_back, 1);
  this->world().report(50, 1, ReportEvent::ready, 1);
  ASSERT_TRUE(this->state().paused);
  ASSERT_EQ(this->world().change("resume", 1).status, 204);
  EXPECT_FALSE(this->state().paused);
  EXPECT_EQ(this->stored().evidence, (Evidence{{1, 0}, 0})) << "the one that worked";
  EXPECT_EQ(this->stored().outcomes, (Outcomes{6, 5})) << "what was seen stays to be seen";

  for (int device = 0; device < 5; ++device)
    ASSERT_EQ(this->world().report(device, 1, ReportEvent::rolled_back, 2).status, 204);
  this->world().report(50, 1, ReportEvent::ready, 2);
  EXPECT_EQ(this->stored().evidence, (Evidence{{1, 0}, 0})) << "the same devices say nothing new";
  for (int device = 10; device < 14; ++device) this->world().report(device, 1, ReportEvent::rolled_back, 1);
  EXPECT_FALSE(this->state().paused);
  this->world().report(50, 1, ReportEvent::rolled_back, 3);
  EXPECT_EQ(this->stored().evidence, (Evidence{{5, 5}, 5})) << "it worked there before, and is one device";
  EXPECT_TRUE(this->state().paused);
}

TYPED_TEST(Rollouts, networks_that_were_overruled_do_not_pause_it_again) {
  const auto five_fail = [&](const std::string& networks) {
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(this->take_failures(3, networks + std::to_string(i) + "."));
  };
  five_fail("203.0.");
  ASSERT_TRUE(this->stored().state.paused);
  for (int again = 0; again < 3; ++again) {
    ASSERT_EQ(this->world().change("resume", 1).status, 204);
    five_fail("203.0.");
    EXPECT_FALSE(this->stored().state.paused) << "with new keys, they say the same";
    EXPECT_EQ(this->stored().evidence, (Evidence{})) << again;
    ASSERT_EQ(this->world().change("pause", 1).status, 204);
  }
  EXPECT_EQ(this->stored().outcomes.failed, 60U) << "shown";
  ASSERT_EQ(this->world().change("resume", 1).status, 204);
  ASSERT_TRUE(this->take_failures(1, "198.51.100."));
  EXPECT_FALSE(this->stored().state.paused) << "five others have to say it";
  five_fail("198.51.");
  EXPECT_TRUE(this->stored().state.paused);
}

TYPED_TEST(Rollouts, an_overruled_network_is_heard_again_when_there_are_thousands_more) {
  ASSERT_TRUE(this->take_failures(2, "203.0.113."));
  ASSERT_EQ(this->world().change("pause", 1).status, 204);
  ASSERT_EQ(this->world().change("resume", 1).status, 204);
  ASSERT_TRUE(this->have_worked(2000));
  ASSERT_TRUE(this->take_failures(2, "203.0.113."));
  EXPECT_EQ(this->stored().evidence, (Evidence{{2001, 1}, 1})) << "one more of two thousand devices";

  this->world().clock.advance(std::chrono::days(31));
  (void)this->world().server->keep_house();
  EXPECT_EQ(this->stored().evidence, (Evidence{{2001, 0}, 0})) << "what was overruled is not taken away twice";
}

TYPED_TEST(Rollouts, an_unwatched_release_does_not_pause_itself) {
  const auto list = [&] {
    return std::string(
        this->world().send(http::Method::get, ReleaseWorld::api("/channels/stable/releases")).body_text());
  };
  EXPECT_EQ(this->world().change("pause", 1, R"(,"watch":false)").status, 422);
  ASSERT_EQ(this->world().change("resume", 1, R"(,"watch":false)").status, 204);
  EXPECT_NE(list().find(R"("watched":false)"), std::string::npos);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(this->take_failures(1, "198.51." + std::to_string(i) + "."));
  EXPECT_FALSE(this->stored().state.paused);
  EXPECT_EQ(this->stored().evidence, (Evidence{{20, 20}, 20})) << "heard all the same";
  ASSERT_EQ(this->world().change("pause", 1).status, 204);
  EXPECT_NE(list().find(R"("watched":false)"), std::string::npos) << "until a person says otherwise";
  ASSERT_EQ(this->world().change("resume", 1).status, 204);
  EXPECT_NE(list().find(R"("watched":true)"), std::string::npos);
  for (int i = 20; i < 25; ++i) ASSERT_TRUE(this->take_failures(1, "198.51." + std::to_string(i) + "."));
  EXPECT_TRUE(this->stored().state.paused);
}

TYPED_TEST(Rollouts, failures_after_a_resume_are_held_against_all_devices_that_worked) {
  for (int device = 0; device < 5; ++device)
    ASSERT_EQ(this->world().report(device, 1, ReportEvent::ready, 1).status, 204);
  ASSERT_TRUE(this->have_worked(10'000));
  ASSERT_EQ(this->world().change("pause", 1).status, 204);
  ASSERT_EQ(this->world().change("resume", 1).status, 204);
  for (int device = 0; device < 5; ++device)
    ASSERT_EQ(this->world().report(device, 1, ReportEvent::rolled_back, 2).status, 204);
  EXPECT_EQ(this->stored().evidence, (Evidence{{10'000, 5}, 5})) << "late failures";
  EXPECT_FALSE(this->stored().state.paused);
  for (int key = 0; key < 5; ++key)
    ASSERT_TRUE(this->take(key, ReportEvent::rolled_back, "198.51." + std::to_string(key) + ".1"));
  EXPECT_EQ(this->stored().evidence, (Evidence{{10'005, 10}, 10})) << "new keys in five networks";
  EXPECT_FALSE(this->stored().state.paused);

  int failed = 10;
  for (; failed < 200 && !this->stored().state.paused; ++failed)
    ASSERT_TRUE(this->take(failed, ReportEvent::rolled_back, "192.0." + std::to_string(failed) + ".1"));
  EXPECT_GT(failed, 50) << "as many as are tolerated";
  EXPECT_LT(failed, 100) << "one in a hundred is too bad";
}

TYPED_TEST(Rollouts, a_network_that_fails_again_after_months_is_one_network) {
  for (int month = 0; month < 6; ++month) {
    ASSERT_TRUE(this->take(month, ReportEvent::rolled_back, "203.0.113.7"));
    EXPECT_EQ(this->stored().evidence.networks, 1U) << month;
    EXPECT_EQ(this->stored().evidence.outcomes.failed, 1U) << month;
    this->world().clock.advance(std::chrono::days(31));
    (void)this->world().server->keep_house();
  }
  EXPECT_FALSE(this->stored().state.paused);
  EXPECT_EQ(this->stored().outcomes, (Outcomes{6, 6})) << "shown";
  EXPECT_EQ(this->stored().evidence, (Evidence{{6, 0}, 0})) << "forgotten with the network";
}

TYPED_TEST(Rollouts, a_device_that_worked_and_then_fails_is_one_device_of_the_evidence) {
  this->world().report(1, 1, ReportEvent::ready, 1);
  EXPECT_EQ(this->stored().evidence, (Evidence{{1, 0}, 0}));
  this->world().report(1, 1, ReportEvent::rolled_back, 2);
  EXPECT_EQ(this->stored().evidence, (Evidence{{1, 1}, 1}));
}

TYPED_TEST(Rollouts, what_was_paused_by_itself_can_be_halted_for_good) {
  for (int device = 0; device < 5; ++device) this->world().report(device, 1, ReportEvent::rolled_back, 1);
  ASSERT_TRUE(this->state().paused);
  EXPECT_EQ(this->world().change("halt", 1).status, 204);
  EXPECT_TRUE(this->state().halted);
  EXPECT_EQ(this->world().change("resume", 1).status, 409);
}

TYPED_TEST(Rollouts, what_a_person_paused_keeps_its_reason) {
  ASSERT_EQ(this->world().change("pause", 1, R"(,"reason":"support calls")").status, 204);
  for (int device = 0; device < 6; ++device) this->world().report(device, 1, ReportEvent::rolled_back, 1);
  EXPECT_EQ(this->state().reason, "support calls");
}

TYPED_TEST(Rollouts, devices_that_work_do_not) {
  for (int device = 0; device < 40; ++device)
    ASSERT_EQ(this->world().report(device, 1, ReportEvent::ready, 1).status, 204);
  EXPECT_FALSE(this->state().paused);
  EXPECT_EQ(this->stored().outcomes, (Outcomes{40, 0}));
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
  this->world().report(2, 1, ReportEvent::rolled_back, 1);
  this->world().clock.advance(std::chrono::days(181));
  (void)this->world().server->keep_house();
  auto count = [](sql::Transaction& tx) {
    return tx.query(
        "SELECT 1 FROM release_devices UNION ALL SELECT 1 FROM release_outcomes UNION ALL SELECT 1 FROM "
        "release_failing_networks");
  };
  EXPECT_TRUE(this->db().read(count).get()->is_empty());
}

}  // namespace
}  // namespace latchkey::release
