// A device with real folders: the app's assets (version 0 unless told otherwise) and the engine's own, in a temporary
// place. Starting the app anew opens another engine over the same folder.
#pragma once

#include <fstream>

#include "tests/support/temporary_folder.h"
#include "tests/support/update/app_repository.h"
#include "update/engine.h"
#include "update/vfses/posix_vfs.h"

namespace latchkey::update::testing {

inline void write_folder(const std::filesystem::path& folder, const publish::Bundle& bundle) {
  for (const auto& file : bundle.files()) {
    const auto path = folder / file.path;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream out(path, std::ios::binary);
    out.write(reinterpret_cast<const char*>(file.content.data()), static_cast<std::streamsize>(file.content.size()));
  }
}

// Pauses of the network's rules that are over at once, and have taken their time nevertheless.
struct Pauses {
  std::chrono::milliseconds time{0};
  int count = 0;
};
inline Pace unhurried(const std::shared_ptr<Pauses>& paused) {
  return {.now = [paused] { return std::chrono::steady_clock::now() + paused->time; },
          .wait =
              [paused](std::chrono::milliseconds time, const std::stop_token&) {
                paused->time += time;
                ++paused->count;
              }};
}

class TestDevice {
 public:
  TestDevice(AppRepository& repository, http::Client& client, std::string origin = "http://127.0.0.1")
      : client_(&client), clock(repository.tuf.now()), repository_(repository) {
    config.app = AppRepository::app;
    config.base_url = origin + "/updates/" + config.app;
    config.root = repository.tuf.metadata.at("1.root.json");
    config.built_at = repository.tuf.now() - std::chrono::days(30);
    config.device.platform = "android";
    config.device.native = {2, 0, 0};
    config.pace = unhurried(paused);
    write_folder(assets(), repository.bundle(0));
  }

  std::filesystem::path assets() const { return folder_.path() / "assets"; }
  std::filesystem::path data() const { return folder_.path() / "data"; }

  // Ends the app if it runs, and starts it.
  Engine& start() {
    engine_.reset();
    vfs_ = open_posix_vfs(data()).value();
    EngineConfig made{.app = config.app,
                      .base_url = config.base_url,
                      .root = config.root,
                      .built_at = config.built_at,
                      .device = config.device,
                      .ring = {},
                      .mode = config.mode,
                      .trial = config.trial,
                      .install = config.install,
                      .sends_reports = config.sends_reports,
                      .floor_copy = config.floor_copy,
                      .check_time = config.check_time,
                      .download_time = config.download_time,
                      .pace = config.pace};
    if (has_key) made.ring.content_keys.push_back(content_key());
    if (recipient) made.ring.recipient = crypto::X25519Key::from_private(recipient->reveal_private()).value();
    engine_ =
        Engine::open(*vfs_, open_built_in_folder(assets(), built_in_sequence).value(), *client_, clock, std::move(made))
            .value();
    engine_->start();
    return *engine_;
  }
  void stop() { engine_.reset(); }
  Engine& engine() { return *engine_; }
  Vfs& vfs() { return *vfs_; }

  void show() { engine_->begin_load(time); }
  // A page of what runs is loaded, and says that it works.
  Status say_ready() { return engine_->ready(engine_->begin_load(time)); }
  // Time passes in the foreground.
  void live(std::chrono::seconds seconds) {
    engine_->poll(time);
    engine_->poll(time += seconds);
  }
  CheckKind check() {
    auto outcome = engine_->check();
    EXPECT_TRUE(outcome) << (outcome ? "" : to_string(outcome.error()));
    last = outcome ? *std::move(outcome) : CheckOutcome{};
    return last.kind;
  }
  // Pauses are drawn by lot from zero up; of so many the longest is near what they are drawn from.
  std::chrono::milliseconds longest_pause() {
    std::chrono::milliseconds longest{};
    for (int i = 0; i < 64; ++i) longest = std::max(longest, engine_->next_check(std::chrono::milliseconds(0)));
    return longest;
  }
  // Checks, downloads, starts anew, says ready.
  void update() {
    ASSERT_EQ(check(), CheckKind::available) << (last.error ? to_string(*last.error) : "");
    const auto report = engine_->download();
    ASSERT_TRUE(report) << to_string(report.error());
    start();
    ASSERT_TRUE(say_ready());
    live(std::chrono::seconds(31));
  }

  // Which version runs, by its tree; -1 for none the publisher made. Every byte of it is read and compared.
  int runs() {
    const auto running = engine_->running();
    int version = -1;
    for (int n = 0; n < 16 && version < 0; ++n)
      if (repository_.root_of(n) == running->tree.root()) version = n;
    if (version < 0) return version;
    for (const auto& file : repository_.bundle(version).files()) {
      const auto bytes = engine_->read(*running, file.path);
      EXPECT_TRUE(bytes && *bytes == file.content) << file.path;
      if (!bytes || *bytes != file.content) return -1;
    }
    return version;
  }

  http::Client* client_;
  ManualClock clock;
  EngineConfig config;  // its ring is filled by start()
  bool has_key = true;
  std::optional<crypto::X25519Key> recipient = {};  // of the device, if a key store has it
  std::uint64_t built_in_sequence = 0;
  std::shared_ptr<Pauses> paused = std::make_shared<Pauses>();
  MonotonicTime time{};
  CheckOutcome last;

 private:
  AppRepository& repository_;
  latchkey::testing::TemporaryFolder folder_;
  std::unique_ptr<Vfs> vfs_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace latchkey::update::testing
