// A whole update with real files - check, download, staging, switching, confirming, collecting - interrupted at its
// changing calls: by kill -9, a failing disk, a full one. Afterwards the device boots a bundle that is whole, and a
// retry succeeds.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "http/server/loopback_client.h"
#include "tests/support/update/failing_vfs.h"
#include "tests/support/update/test_device.h"

namespace latchkey::update {
namespace {

using testing::AppRepository;
using testing::FailingVfs;
using testing::Trouble;

constexpr int most_positions = 40;  // of one kind of trouble: the whole has some 120 calls

class Interrupted : public ::testing::TestWithParam<Trouble> {
 protected:
  Interrupted() {
    repository.publish(1);
    testing::write_folder(folder.path() / "assets", repository.bundle(0));
    run(Trouble::none, 0);  // version 1 is staged, runs, is confirmed
    run(Trouble::none, 0);
    repository.publish(2, {.bases = {1}});
    std::filesystem::copy(data(), folder.path() / "before", std::filesystem::copy_options::recursive);
  }
  std::filesystem::path data() const { return folder.path() / "data"; }
  void put_back() {
    std::filesystem::remove_all(data());
    std::filesystem::copy(folder.path() / "before", data(), std::filesystem::copy_options::recursive);
  }
  std::unique_ptr<Engine> open(Vfs& vfs) {
    EngineConfig config;
    config.app = AppRepository::app;
    config.base_url = "http://127.0.0.1/updates/" + config.app;
    config.root = repository.tuf.metadata.at("1.root.json");
    config.built_at = repository.tuf.now();
    config.device.platform = "android";
    config.ring.content_keys.push_back(testing::content_key());
    auto opened =
        Engine::open(vfs, open_built_in_folder(folder.path() / "assets", 0).value(), client, clock, std::move(config));
    return opened ? *std::move(opened) : nullptr;
  }
  // One run of the app in this process; how many changing calls it made.
  int run(Trouble trouble, int at) {
    const auto files = open_posix_vfs(data()).value();
    FailingVfs vfs(*files, trouble, at);
    const auto engine = open(vfs);
    if (!engine) return vfs.calls();
    engine->start();
    (void)engine->ready(engine->begin_load({}));
    engine->poll({});
    engine->poll(MonotonicTime{} + std::chrono::seconds(31));
    if (engine->check()) (void)engine->download();
    return vfs.calls();
  }
  void run_apart(Trouble trouble, int at) {
    const pid_t child = ::fork();
    if (child == 0) {
      run(trouble, at);
      ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
  }
  // Which version boots, every byte of it compared; -1 for none.
  int boots() {
    const auto files = open_posix_vfs(data()).value();
    const auto engine = open(*files);
    if (!engine) return -1;
    engine->start();
    const auto running = engine->running();
    for (const int version : {0, 1, 2}) {
      if (repository.root_of(version) != running->tree.root()) continue;
      for (const auto& file : repository.bundle(version).files()) {
        const auto bytes = engine->read(*running, file.path);
        if (!bytes || *bytes != file.content) return -1;
      }
      (void)engine->ready(engine->begin_load({}));
      engine->poll({});
      engine->poll(MonotonicTime{} + std::chrono::seconds(31));
      return version;
    }
    return -1;
  }

  latchkey::testing::TemporaryFolder folder;
  AppRepository repository{from_unix_seconds(1'800'000'000)};
  http::LoopbackClient client{repository.router};
  ManualClock clock{from_unix_seconds(1'800'000'000)};
};
INSTANTIATE_TEST_SUITE_P(By, Interrupted,
                         ::testing::Values(Trouble::kill_before, Trouble::kill_half, Trouble::kill_after,
                                           Trouble::io_error, Trouble::disk_full, Trouble::half_then_full));

TEST_P(Interrupted, updates_boot_a_whole_bundle_and_succeed_the_next_time) {
  put_back();
  const int staging = run(Trouble::none, 0);
  const int both = staging + run(Trouble::none, 0);
  ASSERT_EQ(boots(), 2);
  const int step = std::max(1, both / most_positions);
  int runs = 0;
  for (int at = 1; at <= both; at += step, ++runs) {
    put_back();
    if (at <= staging) {
      run_apart(GetParam(), at);
    } else {
      run(Trouble::none, 0);
      run_apart(GetParam(), at - staging);
    }
    const int found = boots();
    ASSERT_TRUE(found == 1 || found == 2) << "call " << at << ": " << found;
    if (runs % 4 != 0) continue;
    run(Trouble::none, 0);
    run(Trouble::none, 0);
    ASSERT_EQ(boots(), 2) << "retry after call " << at;
  }
  std::printf("interrupted updates: %d of %d calls, unbootable 0\n", runs, both);
}

}  // namespace
}  // namespace latchkey::update
