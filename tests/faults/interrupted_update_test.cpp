// A whole update of a device - check, download, staging; then switching, confirming, collecting - interrupted at every
// one of its calls to the kernel: by kill -9 before it and in its middle, by a failing and a full disk, by signals and
// by writes and reads that do half of their work. Afterwards the device boots a bundle that is whole, and a retry
// succeeds.
#include <gtest/gtest.h>

#include <cerrno>

#include "base/locked_pages.h"
#include "http/server/loopback_client.h"
#include "tests/faults/interpose.h"
#include "tests/faults/world.h"
#include "tests/support/update/test_device.h"

namespace latchkey::faults {
namespace {

namespace fs = std::filesystem;
using update::Engine;
using update::testing::AppRepository;

struct Harm {
  const char* name;
  Fault fault;
  int error;
  std::vector<CallKind> kinds;  // of calls that it can happen to
  bool is_harmless = false;     // the update is as if nothing had happened
};

const std::vector<CallKind> every_kind{CallKind::open, CallKind::write, CallKind::truncate,
                                       CallKind::sync, CallKind::name,  CallKind::read};
const std::vector<CallKind> changing{CallKind::open, CallKind::write, CallKind::truncate, CallKind::sync,
                                     CallKind::name};
const std::vector<CallKind> slow{CallKind::open, CallKind::write, CallKind::truncate, CallKind::sync, CallKind::read};

std::vector<Harm> all_harms() {
  return {
      {"kill_before", Fault::kill_before, 0, changing},
      {"kill_in_a_write", Fault::kill_half, 0, {CallKind::write}},
      {"failing_disk", Fault::fail, EIO, every_kind},
      {"full_disk", Fault::fail, ENOSPC, {CallKind::open, CallKind::write, CallKind::sync, CallKind::name}},
      {"signal", Fault::fail, EINTR, slow, true},
      {"half_the_work", Fault::shorten, 0, {CallKind::write, CallKind::read}, true},
  };
}

// What a device does at one start of its app.
enum class Part { update, switching };

constexpr std::size_t retry_every = 5;  // how often what was found is also updated

class InterruptedUpdate : public ::testing::TestWithParam<Harm> {
 protected:
  InterruptedUpdate() {
    locked_pages::set_backing(locked_pages::Backing::anonymous);  // as in world.cpp
    repository.publish(1);
    update::testing::write_folder(folder.path() / "assets", repository.bundle(0));
    run_whole();
    EXPECT_EQ(boots(), 1);
    repository.publish(2, {.bases = {1}});
    keep(Part::update);
    run(Part::update);
    keep(Part::switching);
  }
  fs::path data() const { return folder.path() / "data"; }
  fs::path beginning(Part part) const { return folder.path() / (part == Part::update ? "before" : "staged"); }
  void keep(Part part) const { fs::copy(data(), beginning(part), fs::copy_options::recursive); }
  void put_back(Part part) const {
    fs::remove_all(data());
    fs::copy(beginning(part), data(), fs::copy_options::recursive);
  }

  std::unique_ptr<Engine> open(update::Vfs& vfs) {
    update::EngineConfig config;
    config.app = AppRepository::app;
    config.base_url = "http://127.0.0.1/updates/" + config.app;
    config.root = repository.tuf.metadata.at("1.root.json");
    config.built_at = repository.tuf.now();
    config.device.platform = "android";
    config.ring.content_keys.push_back(update::testing::content_key());
    auto opened = Engine::open(vfs, update::open_built_in_folder(folder.path() / "assets", 0).value(), client, clock,
                               std::move(config));
    return opened ? *std::move(opened) : nullptr;
  }
  static void say_ready(Engine& engine) {
    (void)engine.ready(engine.begin_load({}));
    engine.poll({});
    engine.poll(update::MonotonicTime{} + std::chrono::seconds(31));
  }
  void run(Part part) {
    const auto vfs = update::open_posix_vfs(data());
    const auto engine = vfs ? open(**vfs) : nullptr;
    if (engine == nullptr) return;
    engine->start();
    say_ready(*engine);
    if (part == Part::update && engine->check()) (void)engine->download();
  }
  void run_whole() {
    run(Part::update);
    run(Part::switching);
  }
  // In a process of its own, which is killed or goes on.
  void interrupt(Part part, const Plan& plan) {
    put_back(part);
    run_forked([&](Told&) {
      arm(data(), plan);
      run(part);
      disarm();
    });
  }
  std::vector<CallKind> calls_of(Part part) {
    put_back(part);
    arm(data(), {.has_reads = true});
    run(part);
    disarm();
    return counted_kinds();
  }
  // Which version boots, every byte of it compared; -1 for none.
  int boots() {
    const auto vfs = update::open_posix_vfs(data()).value();
    const auto engine = open(*vfs);
    if (!engine) return -1;
    engine->start();
    const auto running = engine->running();
    for (const int version : {0, 1, 2}) {
      if (repository.root_of(version) != running->tree.root()) continue;
      for (const auto& file : repository.bundle(version).files()) {
        const auto bytes = engine->read(*running, file.path);
        if (!bytes || *bytes != file.content) return -1;
      }
      say_ready(*engine);
      return version;
    }
    return -1;
  }
  void judge(const std::string& where) {
    const int found = boots();
    ASSERT_TRUE(found == 2 || (found == 1 && !GetParam().is_harmless)) << where << ": " << found;
    if (++runs % retry_every != 0) return;
    run_whole();
    ASSERT_EQ(boots(), 2) << "retry after " << where;
  }

  latchkey::testing::TemporaryFolder folder;
  AppRepository repository{from_unix_seconds(1'800'000'000)};
  http::LoopbackClient client{repository.router};
  ManualClock clock{from_unix_seconds(1'800'000'000)};
  std::size_t runs = 0;
};
INSTANTIATE_TEST_SUITE_P(By, InterruptedUpdate, ::testing::ValuesIn(all_harms()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(InterruptedUpdate, at_every_call_boots_a_whole_bundle_and_succeeds_the_next_time) {
  const Harm& harm = GetParam();
  std::size_t calls = 0;
  for (const Part part : {Part::update, Part::switching}) {
    const auto kinds = calls_of(part);
    calls += kinds.size();
    for (std::size_t at = 1; at <= kinds.size(); ++at) {
      if (std::ranges::find(harm.kinds, kinds[at - 1]) == harm.kinds.end()) continue;
      interrupt(part, {.fault = harm.fault, .at = at, .error = harm.error, .has_reads = true});
      judge(std::string(part == Part::update ? "update" : "switching") + ", call " + std::to_string(at));
      if (HasFatalFailure()) return;
    }
  }
  std::printf("interrupted updates: %zu runs over %zu calls by %s, unbootable 0, wrong bundles 0\n", runs, calls,
              harm.name);
}

}  // namespace
}  // namespace latchkey::faults
