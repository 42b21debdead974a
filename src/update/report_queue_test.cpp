// Reports that wait, and a device that lost count of them: on its own and against a server that refuses replays.
#include "update/report_queue.h"

#include <gtest/gtest.h>

#include "http/server/loopback_client.h"
#include "protocol/release/device_report.h"
#include "tests/support/update/test_device.h"

namespace latchkey::update {
namespace {

using protocol::release::DeviceReport;
using protocol::release::ReportEvent;

class Reporting : public ::testing::Test {
 protected:
  Reporting() {
    // As the release service does it: nothing at or below the highest number of a key.
    repository.take_report = [this](std::string_view body) {
      const auto report = *protocol::release::open_device_report(body);
      if (report.count <= highest && !is_silent)
        return http::text_response(409, "application/json",
                                   WipedString(answer.value_or(protocol::release::print_report_answer(highest))));
      if (report.count > highest) taken.push_back(report);
      highest = std::max(highest, report.count);
      return http::empty_response(204);
    };
  }
  // A release runs here and says that it works: two reports.
  void get_release(int version) {
    repository.publish(version);
    device.start();
    device.update();
  }
  void lose_state() {
    device.stop();
    for (const char* slot : {"state.a", "state.b"}) std::filesystem::remove(device.data() / slot);
    taken.clear();
  }
  std::vector<ReportEvent> events() const {
    std::vector<ReportEvent> all;
    for (const auto& report : taken) all.push_back(report.event);
    return all;
  }
  std::size_t count_waiting() { return device.vfs().list("reports")->size(); }

  testing::AppRepository repository{from_unix_seconds(1'800'000'000)};
  http::LoopbackClient client{repository.router};
  testing::TestDevice device{repository, client};
  std::uint64_t highest = 0;
  std::vector<DeviceReport> taken;
  std::optional<std::string> answer;  // instead of the highest number
  bool is_silent = false;             // answers 204 to what it does not count, as older servers did
};

const std::vector activated_and_ready{ReportEvent::activated, ReportEvent::ready};

TEST_F(Reporting, a_device_that_lost_its_state_is_heard_again) {
  get_release(1);
  get_release(2);
  ASSERT_TRUE(device.engine().send_reports());
  ASSERT_EQ(highest, 4U);
  lose_state();
  device.start();
  device.update();  // to 2 again, from the app's own
  ASSERT_EQ(device.engine().state().reports, 2U);
  ASSERT_TRUE(device.engine().send_reports());
  EXPECT_EQ(events(), activated_and_ready);
  EXPECT_EQ(highest, 6U);
  EXPECT_EQ(count_waiting(), 0U);
  EXPECT_EQ(device.engine().state().reports, 6U);
  taken.clear();
  get_release(3);
  ASSERT_TRUE(device.engine().send_reports());
  EXPECT_EQ(events(), activated_and_ready) << "and goes on from there";
  EXPECT_EQ(highest, 8U);
}

TEST_F(Reporting, with_an_older_server_it_is_not) {
  get_release(1);
  get_release(2);
  ASSERT_TRUE(device.engine().send_reports());
  lose_state();
  is_silent = true;
  device.start();
  device.update();
  ASSERT_TRUE(device.engine().send_reports());
  EXPECT_TRUE(taken.empty());
  EXPECT_EQ(count_waiting(), 0U);
}

TEST_F(Reporting, reports_that_waited_when_the_state_was_lost_keep_their_places) {
  repository.report_status = 503;
  get_release(1);
  lose_state();
  get_release(2);
  EXPECT_EQ(count_waiting(), 4U);
  repository.report_status = 204;
  ASSERT_TRUE(device.engine().send_reports());
  ASSERT_EQ(taken.size(), 4U);
  EXPECT_EQ(print(taken[0].release), print(testing::AppRepository::id_of(1)));
  EXPECT_EQ(print(taken[3].release), print(testing::AppRepository::id_of(2)));
  EXPECT_EQ(highest, 4U);
}

TEST_F(Reporting, a_report_the_server_has_is_not_sent_twice) {
  get_release(1);
  highest = 1;  // its answer to the first was lost
  ASSERT_TRUE(device.engine().send_reports());
  EXPECT_EQ(events(), std::vector{ReportEvent::ready});
  EXPECT_EQ(highest, 2U);
}

TEST_F(Reporting, an_answer_that_makes_no_sense_changes_nothing) {
  get_release(1);
  highest = 1000;
  for (const char* text : {"", "{}", R"({"count":0})", R"({"count":9007199254740991})", R"({"count":1})"}) {
    answer = text;
    lose_state();
    device.start();
    device.update();
    const auto before = device.engine().state().reports;
    ASSERT_TRUE(device.engine().send_reports()) << text;
    EXPECT_TRUE(taken.empty()) << text;
    EXPECT_EQ(count_waiting(), 0U) << text;
    EXPECT_EQ(device.engine().state().reports, before) << text;
  }
}

TEST_F(Reporting, a_server_that_always_knows_more_is_asked_twice_only) {
  get_release(1);
  int asked = 0;
  repository.take_report = [&](std::string_view body) {
    ++asked;
    const auto report = *protocol::release::open_device_report(body);
    return http::text_response(409, "application/json",
                               WipedString(protocol::release::print_report_answer(report.count + 10)));
  };
  ASSERT_TRUE(device.engine().send_reports());
  EXPECT_EQ(asked, 2);
  EXPECT_LT(device.engine().state().reports, 100U);
}

TEST_F(Reporting, numbers_begin_above_what_waits) {
  device.start();
  const auto key = *crypto::SigningKey::generate(crypto::SignatureAlgorithm::ed25519);
  ReportQueue queue(device.vfs(), key);
  DeviceReport report;
  report.app = "a";
  report.channel = "stable";
  report.release = testing::AppRepository::id_of(1);
  for (const std::uint64_t count : {3U, 10U, 9U}) {
    report.count = count;
    ASSERT_TRUE(queue.put(report));
  }
  EXPECT_EQ(*queue.list(), (std::vector<std::uint64_t>{3, 9, 10}));
  EXPECT_EQ(*queue.renumber(5), 13U);
  EXPECT_EQ(*queue.list(), (std::vector<std::uint64_t>{11, 12, 13}));
  EXPECT_EQ(protocol::release::open_device_report(*queue.read(12))->count, 12U);
}

}  // namespace
}  // namespace latchkey::update
