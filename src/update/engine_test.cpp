// The engine against a repository as a publisher makes it, with real files: what is found, fetched, switched to, and
// what happens when it does not work.
#include "update/engine.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "http/server/loopback_client.h"
#include "protocol/release/device_report.h"
#include "tests/support/update/test_device.h"

namespace latchkey::update {
namespace {

using namespace std::chrono_literals;
using testing::AppRepository;
using testing::Publication;
using testing::TestDevice;

class Updating : public ::testing::Test {
 protected:
  AppRepository repository{from_unix_seconds(1'800'000'000)};
  http::LoopbackClient client{repository.router};
  TestDevice device{repository, client};

  void have(int version) {
    repository.publish(version);
    device.start();
    device.update();
    ASSERT_EQ(device.runs(), version);
  }
  // A release went back to the app's own tree, and the disk spoilt one of its files.
  void have_spoilt_copy_of_built_in(const Publication& how = {.rollback_of = 1}) {
    have(1);
    repository.publish(0, how);
    device.update();
    ASSERT_EQ(device.engine().state().current->root, repository.root_of(0));
    const auto& file = repository.bundle(0).tree().files().front();
    ASSERT_TRUE((*device.vfs().open(blob_path(file.sha256), OpenMode::write))->write(0, as_bytes("#")));
    ASSERT_TRUE(device.engine().verify());
    ASSERT_EQ(device.runs(), 1);
    ASSERT_EQ(device.check(), CheckKind::available);
  }
  // While the app runs: it knows its assets as they were.
  void spoil_assets() {
    std::fstream asset(device.assets() / repository.bundle(0).tree().files().front().path,
                       std::ios::in | std::ios::out | std::ios::binary);
    ASSERT_TRUE(asset.put('#'));
  }
  std::size_t count_files(const char* folder) { return device.vfs().list(folder)->size(); }
};

TEST_F(Updating, begins_with_the_bundle_of_the_app) {
  device.start();
  EXPECT_EQ(device.runs(), 0);
  EXPECT_EQ(device.check(), CheckKind::no_release);
}

TEST_F(Updating, installs_the_first_release_by_a_patch_of_the_built_in_bundle) {
  repository.publish(1, {.bases = {0}});
  device.start();
  ASSERT_EQ(device.check(), CheckKind::available);
  EXPECT_EQ(device.last.release->name, "1.1");
  std::uint64_t most = 0;
  const auto report = device.engine().download({}, [&](std::uint64_t bytes) { most = bytes; });
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->objects, 1U);
  EXPECT_EQ(report->downloaded, repository.object(0, 1).length);
  EXPECT_EQ(most, report->downloaded);
  EXPECT_EQ(device.runs(), 0);
  EXPECT_EQ(device.check(), CheckKind::waiting);
  device.start();
  EXPECT_EQ(device.runs(), 1);
  EXPECT_EQ(device.engine().state().phase, Phase::trial);
  ASSERT_TRUE(device.say_ready());
  EXPECT_EQ(device.engine().state().phase, Phase::confirmed);
  EXPECT_EQ(device.check(), CheckKind::up_to_date);
}

TEST_F(Updating, takes_the_full_bundle_when_no_patch_starts_from_what_it_has) {
  repository.publish(2, {.bases = {1}});
  device.start();
  device.update();
  EXPECT_EQ(device.runs(), 2);
  EXPECT_EQ(repository.count_requests(to_hex(repository.object(1, 2).id)), 0);
}

TEST_F(Updating, patches_what_it_installed_before) {
  have(1);
  repository.publish(2, {.bases = {1}});
  device.update();
  EXPECT_EQ(device.runs(), 2);
  EXPECT_EQ(repository.count_requests(to_hex(repository.object(std::nullopt, 2).id)), 0);
}

TEST_F(Updating, follows_links_over_releases_that_it_never_ran) {
  have(1);
  repository.publish(2, {.bases = {1}});
  auto next = repository.describe(3, {.bases = {2}});
  next.objects.push_back(repository.edge(1, 2));
  repository.policy.releases.insert(repository.policy.releases.begin(), {.id = next.terms.id, .bps = 10'000});
  repository.sign(next);
  ASSERT_EQ(device.check(), CheckKind::available);
  const auto report = device.engine().download();
  ASSERT_TRUE(report) << to_string(report.error());
  device.start();
  EXPECT_EQ(device.runs(), 3);
  EXPECT_TRUE(report->objects == 2 || report->downloaded == repository.object(std::nullopt, 3).length);
}

TEST_F(Updating, steps_down_from_a_patch_that_fails_to_the_full_bundle) {
  have(1);
  repository.publish(2, {.bases = {1}});
  const std::string patch = to_hex(repository.object(1, 2).id);
  repository.interfere([&](const std::string& path, http::Response good) -> std::optional<http::Response> {
    if (path != "objects/" + patch) return std::nullopt;
    good.body = WipedString(good.body_size(), 'x');
    return good;
  });
  ASSERT_EQ(device.check(), CheckKind::available);
  const auto report = device.engine().download();
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->steps_down, 1U);
  device.start();
  EXPECT_EQ(device.runs(), 2);
}

TEST_F(Updating, a_check_without_news_is_two_small_requests) {
  have(1);
  EXPECT_EQ(device.check(), CheckKind::up_to_date);
  repository.requests.clear();
  EXPECT_EQ(device.check(), CheckKind::up_to_date);
  EXPECT_EQ(repository.requests, (std::vector<std::string>{"metadata/2.root.json", "metadata/timestamp.json"}));
  device.start();  // and after a start, too
  repository.requests.clear();
  EXPECT_EQ(device.check(), CheckKind::up_to_date);
  EXPECT_EQ(repository.requests.size(), 2U);
}

TEST_F(Updating, a_bundle_that_never_says_ready_gives_way_and_is_not_installed_again) {
  have(1);
  repository.publish(2, {.bases = {1}});
  ASSERT_EQ(device.check(), CheckKind::available);
  ASSERT_TRUE(device.engine().download());
  device.start();
  EXPECT_EQ(device.runs(), 2);
  device.engine().begin_load(device.time);
  device.live(9s);
  EXPECT_EQ(device.runs(), 2);
  device.live(1s);
  EXPECT_EQ(device.runs(), 1);
  EXPECT_EQ(device.check(), CheckKind::blocked);
  EXPECT_EQ(device.engine().download().error().code, Code::not_found);
  device.start();
  EXPECT_EQ(device.check(), CheckKind::blocked);
  repository.publish(3, {.bases = {1}});  // a fix arrives
  device.update();
  EXPECT_EQ(device.runs(), 3);
}

TEST_F(Updating, crashes_lead_to_the_one_before_and_then_to_the_built_in_bundle) {
  have(1);
  repository.publish(2, {.bases = {1}});
  device.update();
  device.start();
  device.show();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(device.runs(), 2);
    device.clock.advance(5s);
    device.start();
    device.show();
  }
  EXPECT_EQ(device.runs(), 1);
  for (int i = 0; i < 3; ++i) {
    device.clock.advance(5s);
    device.start();
    device.show();
  }
  EXPECT_EQ(device.runs(), 0);
  repository.publish(3);
  device.update();
  EXPECT_EQ(device.runs(), 3);
}

TEST_F(Updating, a_page_process_that_dies_again_and_again_is_a_crash_loop_too) {
  have(1);
  repository.publish(2);
  device.update();
  for (int i = 0; i < 3; ++i) {
    device.engine().crashed();
    device.show();
  }
  EXPECT_EQ(device.runs(), 2);  // the run before had lasted
  device.engine().crashed();
  EXPECT_EQ(device.runs(), 1);
}

TEST_F(Updating, a_rollback_of_the_publisher_comes_back_without_a_download) {
  have(1);
  repository.publish(2, {.bases = {1}});
  device.update();
  repository.publish(1, {.rollback_of = 1});
  repository.requests.clear();
  ASSERT_EQ(device.check(), CheckKind::available);
  const auto report = device.engine().download();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->objects, 0U);
  EXPECT_EQ(repository.count_requests("objects/"), 0);
  device.start();
  EXPECT_EQ(device.runs(), 1);
}

TEST_F(Updating, a_rollback_to_the_tree_that_runs_changes_nothing) {
  have(1);
  repository.publish(2, {.bases = {1}});
  ASSERT_EQ(device.check(), CheckKind::available);
  ASSERT_TRUE(device.engine().download());  // waits, and must not be switched to any more
  repository.publish(1, {.rollback_of = 1});
  EXPECT_EQ(device.check(), CheckKind::up_to_date);
  device.start();
  EXPECT_EQ(device.runs(), 1);
  EXPECT_EQ(device.engine().state().phase, Phase::confirmed);
  EXPECT_EQ(device.engine().state().current->sequence, 3U);
}

TEST_F(Updating, a_rollback_to_the_built_in_tree_makes_it_a_bundle) {
  have(1);
  repository.publish(0, {.has_full = true, .rollback_of = 1});
  device.update();
  EXPECT_EQ(device.runs(), 0);
  EXPECT_EQ(device.engine().state().phase, Phase::confirmed);
  EXPECT_EQ(repository.count_requests("objects/" + to_hex(repository.object(std::nullopt, 0).id)), 0);
}

TEST_F(Updating, a_spoilt_bundle_of_the_built_in_tree_is_copied_from_the_app_again) {
  have_spoilt_copy_of_built_in();
  const auto report = device.engine().download();
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->downloaded, 0U);
  device.start();
  EXPECT_EQ(device.engine().state().current->root, repository.root_of(0));
  EXPECT_EQ(device.runs(), 0);
}

TEST_F(Updating, a_spoilt_bundle_of_the_built_in_tree_is_downloaded_if_the_app_no_longer_has_it) {
  have_spoilt_copy_of_built_in();
  spoil_assets();
  const auto report = device.engine().download();
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->downloaded, repository.object(std::nullopt, 0).length);
  EXPECT_EQ(report->steps_down, 1U);
  device.start();
  EXPECT_EQ(device.engine().state().current->root, repository.root_of(0));
  EXPECT_EQ(device.runs(), 0);
}

TEST_F(Updating, an_app_whose_assets_changed_gets_their_former_tree_from_the_network) {
  have(1);
  repository.publish(0, {.rollback_of = 1});
  ASSERT_EQ(device.check(), CheckKind::available);
  spoil_assets();
  const auto report = device.engine().download();
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->downloaded, repository.object(std::nullopt, 0).length);
}

TEST_F(Updating, a_tree_that_is_nowhere_sound_is_an_error_and_no_search_without_end) {
  have_spoilt_copy_of_built_in();
  spoil_assets();
  repository.objects.clear();
  EXPECT_EQ(device.engine().download().error().code, Code::not_found);
  EXPECT_EQ(device.runs(), 1);
  EXPECT_EQ(repository.count_requests("objects/" + to_hex(repository.object(std::nullopt, 0).id)), 1);
}

TEST_F(Updating, a_download_that_is_stopped_looks_for_no_other_way) {
  have_spoilt_copy_of_built_in();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(device.engine().download({}, {}, stop.get_token()).error().code, Code::cancelled);
  EXPECT_EQ(repository.count_requests("objects/" + to_hex(repository.object(std::nullopt, 0).id)), 0);
}

TEST_F(Updating, a_release_that_is_the_built_in_bundle_is_up_to_date) {
  repository.publish(0);
  device.start();
  EXPECT_EQ(device.check(), CheckKind::up_to_date);
}

TEST_F(Updating, an_older_release_than_the_app_came_with_is_not_wanted) {
  repository.publish(1);
  device.built_in_sequence = 5;
  device.start();
  EXPECT_EQ(device.check(), CheckKind::up_to_date);
}

TEST_F(Updating, damaged_files_are_repaired_from_the_same_release) {
  have(1);
  repository.publish(2, {.bases = {1}});
  device.update();
  const auto& file = repository.bundle(2).tree().files().front();
  ASSERT_TRUE((*device.vfs().open(blob_path(file.sha256), OpenMode::write))->write(0, as_bytes("damage")));
  ASSERT_TRUE(device.engine().verify());
  EXPECT_EQ(device.runs(), 1);
  ASSERT_EQ(device.check(), CheckKind::available);
  device.update();
  EXPECT_EQ(device.runs(), 2);
}

TEST_F(Updating, a_damaged_base_leads_to_the_full_bundle) {
  have(1);
  repository.publish(2, {.bases = {1}});
  for (const auto& file : repository.bundle(1).tree().files())
    if (file.size > 0)
      ASSERT_TRUE((*device.vfs().open(blob_path(file.sha256), OpenMode::write))->write(0, as_bytes("#")));
  ASSERT_EQ(device.check(), CheckKind::available);
  const auto report = device.engine().download();
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->steps_down, 1U);
  device.start();
  EXPECT_EQ(device.runs(), 2);
}

TEST_F(Updating, what_no_bundle_needs_is_deleted) {
  have(1);
  for (int version = 2; version < 5; ++version) {
    repository.publish(version, {.bases = {version - 1}});
    device.update();
  }
  std::set<std::string> needed;
  for (const int version : {3, 4})
    for (const auto& file : repository.bundle(version).tree().files()) needed.insert(to_hex(file.sha256));
  const auto blobs = *device.vfs().list("blobs");
  EXPECT_EQ(std::set(blobs.begin(), blobs.end()), needed);
  EXPECT_EQ(count_files("bundles"), 2U);
  EXPECT_EQ(count_files("parts"), 0U);
  std::size_t targets = 0;
  const auto meta = *device.vfs().list("meta");
  for (const std::string& name : meta) targets += name.starts_with("target-") ? 1 : 0;
  EXPECT_EQ(targets, 3U);  // channels, release, policy
}

TEST_F(Updating, a_full_disk_is_told_before_a_byte_is_fetched) {
  have(1);
  repository.publish(2);
  device.config.install.spare_bytes = std::uint64_t{1} << 60;
  device.start();
  ASSERT_EQ(device.check(), CheckKind::available);
  repository.requests.clear();
  EXPECT_EQ(device.engine().download().error().code, Code::storage_full);
  EXPECT_EQ(repository.count_requests("objects/"), 0);
  EXPECT_EQ(device.runs(), 1);
  EXPECT_TRUE(device.engine().missing_room());
  repository.set_policy(2, [](auto& entry) { entry.halted = true; });
  EXPECT_EQ(device.check(), CheckKind::not_eligible);
  EXPECT_FALSE(device.engine().missing_room()) << "what does not fit is not wanted any more";
}

TEST_F(Updating, a_device_without_the_key_keeps_what_it_has) {
  repository.publish(1);
  device.has_key = false;
  device.start();
  ASSERT_EQ(device.check(), CheckKind::available);
  EXPECT_EQ(device.engine().download().error().code, Code::key_missing);
  EXPECT_EQ(device.runs(), 0);
}

TEST_F(Updating, objects_that_need_more_memory_than_there_is_are_left_out) {
  repository.publish(1, {.bases = {0}});
  device.config.install.memory = repository.object(std::nullopt, 1).memory;
  const bool is_patch_larger = repository.object(0, 1).memory > device.config.install.memory;
  ASSERT_TRUE(is_patch_larger);
  device.start();
  device.update();
  EXPECT_EQ(device.runs(), 1);
  EXPECT_EQ(repository.count_requests(to_hex(repository.object(0, 1).id)), 0);
}

TEST_F(Updating, downloads_are_resumed_after_the_app_was_ended) {
  repository.publish(1);
  device.config.install.download = {.largest_range = 300, .smallest_range = 100, .failures = 2};
  device.start();
  int ranges = 0;
  repository.interfere([&](const std::string& path, const http::Response&) -> std::optional<http::Response> {
    if (!path.starts_with("objects/") || ++ranges <= 2) return std::nullopt;
    return http::empty_response(503);
  });
  ASSERT_EQ(device.check(), CheckKind::available);
  EXPECT_EQ(device.engine().download().error().code, Code::server_error);
  EXPECT_GT(device.longest_pause(), 100ms) << "not at once";
  EXPECT_LE(device.longest_pause(), 4s);
  repository.interfere({});
  device.start();
  ASSERT_TRUE(device.say_ready());
  ASSERT_EQ(device.check(), CheckKind::available);
  const int before = repository.count_requests("objects/");
  ASSERT_TRUE(device.engine().download());
  const auto length = repository.object(std::nullopt, 1).length;
  EXPECT_EQ(repository.count_requests("objects/") - before, static_cast<int>((length - 600 + 299) / 300));
  device.start();
  EXPECT_EQ(device.runs(), 1);
}

TEST_F(Updating, downloads_that_fail_again_and_again_are_tried_ever_more_seldom) {
  have(1);
  repository.publish(2);
  repository.interfere([](const std::string& path, const http::Response&) -> std::optional<http::Response> {
    if (!path.starts_with("objects/")) return std::nullopt;
    return http::empty_response(500);
  });
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(device.check(), CheckKind::available) << "metadata is in health";
    EXPECT_EQ(device.engine().download().error().code, Code::server_error);
    EXPECT_GE(device.engine().next_check(1h), 1h);
  }
  EXPECT_GT(device.longest_pause(), 1h);
  EXPECT_LE(device.longest_pause(), 6h);
  repository.publish(3);
  ASSERT_EQ(device.check(), CheckKind::available);
  EXPECT_EQ(device.longest_pause(), 0ms) << "another release may do better";
  EXPECT_EQ(device.engine().download().error().code, Code::server_error);
  repository.interfere({});
  device.update();
  EXPECT_EQ(device.longest_pause(), 0ms);
}

TEST_F(Updating, a_download_waits_as_long_as_the_server_asks) {
  have(1);
  const auto next = repository.publish(2);
  repository.interfere([](const std::string& path, const http::Response&) -> std::optional<http::Response> {
    if (!path.starts_with("objects/")) return std::nullopt;
    auto busy = http::empty_response(503);
    busy.headers.set("Retry-After", "7200");
    return busy;
  });
  ASSERT_EQ(device.check(), CheckKind::available);
  const int before = repository.count_requests("objects/");
  EXPECT_EQ(device.engine().download().error().code, Code::server_error);
  EXPECT_EQ(repository.count_requests("objects/") - before, 1) << "no second request in the same breath";
  EXPECT_EQ(device.engine().next_check(1min), 2h);
  ASSERT_EQ(device.check(), CheckKind::available);
  EXPECT_EQ(device.engine().next_check(1min), 2h) << "also after a check that somebody asked for";
  repository.set_policy(next, [](auto& entry) { entry.paused = true; });
  ASSERT_EQ(device.check(), CheckKind::not_eligible);
  EXPECT_EQ(device.engine().next_check(1min), 1min) << "there is nothing to download";
  repository.set_policy(next, [](auto& entry) { entry.paused = false; });
  repository.interfere([](const std::string& path, const http::Response&) -> std::optional<http::Response> {
    if (!path.starts_with("objects/")) return std::nullopt;
    return http::empty_response(500);
  });
  ASSERT_EQ(device.check(), CheckKind::available);
  EXPECT_EQ(device.engine().download().error().code, Code::server_error);
  EXPECT_LE(device.longest_pause(), 8s) << "what was asked for before is over";
}

TEST_F(Updating, reports_wait_until_the_server_takes_them) {
  repository.report_status = 503;
  have(1);
  ASSERT_TRUE(device.engine().send_reports());
  const auto waiting = count_files("reports");
  EXPECT_EQ(waiting, 2U);  // activated, ready
  repository.report_status = 204;
  repository.reports.clear();
  device.start();
  ASSERT_TRUE(device.engine().send_reports());
  EXPECT_EQ(count_files("reports"), 0U);
  ASSERT_EQ(repository.reports.size(), 2U);
  const auto first = protocol::release::open_device_report(repository.reports[0]);
  const auto second = protocol::release::open_device_report(repository.reports[1]);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->event, protocol::release::ReportEvent::activated);
  EXPECT_EQ(second->event, protocol::release::ReportEvent::ready);
  EXPECT_LT(first->count, second->count);
  EXPECT_EQ(second->root, repository.root_of(1));
  EXPECT_EQ(second->channel, "stable");
}

TEST_F(Updating, two_engines_do_not_share_a_folder) {
  device.start();
  const auto second = Engine::open(device.vfs(), make_built_in_page("x"), client, device.clock, EngineConfig{});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::busy);
  const std::string self = "process " + std::to_string(getpid()) + " (update_tests)";
  EXPECT_EQ(second.error().detail, self + " drives this folder");
  EXPECT_EQ(device.vfs().find_lock_owner()->pid, static_cast<std::uint64_t>(getpid()));
}

}  // namespace
}  // namespace latchkey::update
