// The engine as a host uses it: pages load and say ready, the app goes away and comes back, somebody looks at the
// state, while the driver checks, downloads and verifies on a thread of its own. Run under ThreadSanitizer (preset
// race).
#include <gtest/gtest.h>

#include <thread>

#include "http/server/loopback_client.h"
#include "tests/support/update/test_device.h"
#include "update/web/driver.h"

namespace latchkey::update::web {
namespace {

using testing::AppRepository;
using testing::TestDevice;

constexpr int newest_version = 4;

class BusyHost : public ::testing::Test {
 protected:
  // Until it ends, over and over.
  void repeat(std::function<void(Engine&)> deed) {
    threads_.emplace_back([this, deed = std::move(deed)](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        deed(device.engine());
        std::this_thread::yield();
      }
    });
  }
  static MonotonicTime now() { return std::chrono::steady_clock::now(); }
  // A page: its load, its files, what it says of itself.
  static void show_page(Engine& engine) {
    const LoadToken token = engine.begin_load(now());
    const auto bundle = engine.running();
    for (const FileEntry& file : bundle->tree.files()) (void)engine.read(*bundle, file.path);
    (void)engine.ready(token);
  }
  bool runs_newest() {
    const State state = device.engine().state();
    return state.phase == Phase::confirmed && state.current->root == repository.root_of(newest_version);
  }
  void stop_threads() { threads_.clear(); }

  AppRepository repository{from_unix_seconds(1'800'000'000)};
  http::LoopbackClient client{repository.router};
  TestDevice device{repository, client};

 private:
  std::vector<std::jthread> threads_;
};

TEST_F(BusyHost, pages_presence_and_downloads_get_in_nobodys_way) {
  device.config.mode = ApplyMode::background;
  device.config.trial.ready_within = std::chrono::hours(1);
  device.start();
  Driver driver(device.engine(), {.mode = ApplyMode::background, .period = std::chrono::milliseconds(1)});
  repeat(show_page);
  repeat(show_page);
  repeat([](Engine& engine) {
    engine.went_to_background(now());
    engine.came_to_foreground(now());
  });
  repeat([](Engine& engine) {
    engine.poll(now());
    (void)engine.next_check(std::chrono::minutes(1));
    (void)engine.take_happenings();
  });
  repeat([&](Engine& engine) {
    driver.wish(engine.state().staged ? Wish::apply : Wish::verify);
    (void)driver.note();
  });
  const MonotonicTime end = now() + std::chrono::minutes(3);
  for (int version = 1; version <= newest_version; ++version) {
    repository.publish(version, {.bases = {version - 1}});
    const std::uint64_t checks = driver.note().checks;
    while (now() < end && driver.note().checks < checks + 2) std::this_thread::yield();  // it saw this one
  }
  while (now() < end && !runs_newest()) std::this_thread::yield();
  stop_threads();
  EXPECT_TRUE(runs_newest()) << name_of(device.engine().state().phase);
  EXPECT_EQ(device.runs(), newest_version);
  EXPECT_TRUE(device.engine().state().bad.empty());
}

}  // namespace
}  // namespace latchkey::update::web
