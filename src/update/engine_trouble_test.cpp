// Clocks that are wrong, bundles that crash, files that are gone, hosts that answer anything.
#include "tests/support/update/engine_rules.h"

namespace latchkey::update {
namespace {

using namespace std::chrono_literals;
using testing::Rules;

TEST_F(Rules, a_clock_set_back_makes_no_expired_metadata_valid) {
  have(1);
  const Instant begin = device.clock.now();
  const auto later = std::chrono::floor<std::chrono::seconds>(begin + 24h * 10);
  repository.tuf.timestamp.expires = begin + 24h * 11;
  repository.tuf.snapshot.expires = begin + 24h * 20;
  repository.policy.issued = later;
  repository.publish(2, {.issued = later});
  device.clock.advance(24h * 10);
  device.update();
  device.clock.set(begin);
  device.start();
  repository.tuf.timestamp.expires = begin + 24h * 5;  // and the clock says that this is to come
  repository.publish(3);
  ASSERT_EQ(device.check(), CheckKind::no_answer);
  EXPECT_EQ(device.last.error->code, Code::metadata_expired);
  EXPECT_EQ(device.runs(), 2);
}

TEST_F(Rules, a_clock_far_ahead_stops_updates_and_not_the_app) {
  have(1);
  repository.publish(2);
  device.clock.advance(24h * 3650);
  device.start();
  ASSERT_EQ(device.check(), CheckKind::no_answer);
  EXPECT_EQ(device.last.error->code, Code::metadata_expired);
  EXPECT_EQ(device.runs(), 1);
  ASSERT_TRUE(device.say_ready());
  device.clock.set(repository.tuf.now());
  device.update();
  EXPECT_EQ(device.runs(), 2) << "set right it goes on: a wrong clock is not remembered";
}

TEST_F(Rules, a_bundle_that_crashes_at_its_starts_is_reported_at_the_next_good_one) {
  have(1);
  get(2, ApplyMode::next_restart);
  for (int i = 0; i < 2; ++i) {
    device.start();
    EXPECT_EQ(device.runs(), 2);
    device.show();
  }
  device.start();
  EXPECT_EQ(device.runs(), 1);
  EXPECT_EQ(story(), Story{"rolled_back 1.2 not_ready"});
  EXPECT_TRUE(device.engine().state().is_bad(repository.root_of(2)));
  repository.reports.clear();
  ASSERT_TRUE(device.engine().send_reports());
  EXPECT_FALSE(repository.reports.empty());
}

TEST_F(Rules, a_tree_that_failed_is_blocked_in_every_later_release_of_it) {
  have(1);
  get(2, ApplyMode::direct);
  device.show();
  device.live(10s);
  EXPECT_EQ(device.runs(), 1);
  repository.publish(2);
  EXPECT_EQ(device.check(), CheckKind::blocked);
  repository.publish(3);
  device.update();
  EXPECT_EQ(device.runs(), 3);
}

TEST_F(Rules, files_that_are_gone_at_a_start_lead_to_the_one_before_and_come_again) {
  have(1);
  repository.publish(2);
  device.update();
  const auto& file = repository.bundle(2).tree().files().front();
  ASSERT_TRUE(device.vfs().remove(blob_path(file.sha256)));
  device.start();
  EXPECT_EQ(device.runs(), 1);
  EXPECT_EQ(story(), Story{"rolled_back 1.2 verify reload"});
  device.update();
  EXPECT_EQ(device.runs(), 2);
}

TEST_F(Rules, a_folder_that_was_emptied_begins_anew) {
  have(1);
  device.stop();
  std::filesystem::remove_all(device.data());
  device.start();
  EXPECT_EQ(device.runs(), 0);
  device.update();
  EXPECT_EQ(device.runs(), 1);
}

TEST_F(Rules, what_was_left_half_done_goes_at_a_start_and_parts_stay) {
  have(1);
  const std::string part = "parts/" + std::string(64, 'a') + ".part";
  for (const std::string& path : {std::string("blobs/.tmp-1"), std::string(".tmp-device"), part})
    ASSERT_TRUE(device.vfs().open(path, OpenMode::create));
  device.start();
  EXPECT_FALSE(*device.vfs().size_of("blobs/.tmp-1"));
  EXPECT_FALSE(*device.vfs().size_of(".tmp-device"));
  EXPECT_TRUE(*device.vfs().size_of(part));
  EXPECT_EQ(device.runs(), 1);
}

TEST_F(Rules, whatever_a_portal_answers_is_no_update_and_no_error_of_the_app) {
  have(1);
  repository.publish(2);
  const auto answer = [&](int status, const char* type, const char* body) {
    repository.interfere([=](const std::string&, const http::Response&) -> std::optional<http::Response> {
      auto response = http::text_response(status, type, WipedString(std::string_view(body)));
      if (status == 302) response.headers.set("Location", "https://login.portal.example/");
      return response;
    });
    return device.check();
  };
  EXPECT_EQ(answer(200, "text/html", "<!doctype html><title>Please sign in"), CheckKind::no_answer);
  EXPECT_EQ(answer(302, "text/html", ""), CheckKind::no_answer);
  EXPECT_EQ(answer(511, "text/html", "<!doctype html>"), CheckKind::no_answer);
  EXPECT_EQ(answer(200, "application/json", "{}"), CheckKind::no_answer);
  EXPECT_EQ(device.runs(), 1);
  EXPECT_GT(device.longest_pause(), 1s) << "of up to 32 s, the fourth time";
  EXPECT_LE(device.longest_pause(), 32s);
  EXPECT_EQ(device.engine().next_check(1h), 1h);
  repository.interfere({});
  device.update();
  EXPECT_EQ(device.runs(), 2);
}

TEST_F(Rules, a_storm_of_failures_is_answered_with_patience) {
  have(1);
  repository.interfere([](const std::string&, const http::Response&) -> std::optional<http::Response> {
    auto busy = http::empty_response(503);
    busy.headers.set("Retry-After", "7200");
    return busy;
  });
  EXPECT_EQ(device.check(), CheckKind::no_answer);
  EXPECT_GE(device.engine().next_check(1min), 2h) << "as the server asks";
  EXPECT_LE(device.engine().next_check(1min), 6h);
  repository.interfere({});
  EXPECT_EQ(device.check(), CheckKind::up_to_date);
  EXPECT_EQ(device.engine().next_check(1min), 1min);
}

// Signed once more by the channel's own keys, as a mistake of a build machine or with a stolen key.
TEST_F(Rules, a_clock_that_differs_from_the_hosts_is_told_and_nothing_more) {
  std::string date;
  repository.interfere([&](const std::string&, http::Response good) {
    good.headers.set("Date", date);
    return std::optional(std::move(good));
  });
  const auto host_says = [&](Instant at) {
    date = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", std::chrono::floor<std::chrono::seconds>(at));
  };
  const Instant right = repository.tuf.now();
  host_says(right);
  have(1);
  EXPECT_FALSE(device.last.clock_ahead);
  repository.publish(2);

  device.clock.advance(24h * 400);
  ASSERT_EQ(device.check(), CheckKind::no_answer);
  EXPECT_EQ(device.last.error->code, Code::metadata_expired) << "though it had not, by the host's Date";
  EXPECT_EQ(device.last.clock_ahead, 24h * 400);
  EXPECT_EQ(device.runs(), 1);
  EXPECT_LE(device.engine().state().time_floor, right);

  device.clock.advance(-24h * 400);
  const Instant floor = device.engine().state().time_floor;
  host_says(right + 24h * 5000);
  ASSERT_EQ(device.check(), CheckKind::available) << "a host that speaks of the future makes nothing expire";
  EXPECT_EQ(device.last.clock_ahead, -24h * 5000);
  EXPECT_LT(device.engine().state().time_floor, right + 24h) << "nor raises what is known to have passed";
  EXPECT_GE(device.engine().state().time_floor, floor);
  host_says(device.config.built_at - 24h);
  ASSERT_EQ(device.check(), CheckKind::available);
  EXPECT_FALSE(device.last.clock_ahead) << "a time that has surely passed says nothing";
}

}  // namespace
}  // namespace latchkey::update
