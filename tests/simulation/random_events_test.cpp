// 10,000 random events in the lives of devices - publishing, switching, crashing, hanging, going back, damage, store
// updates - each followed by a look at what must always hold.
#include <gtest/gtest.h>

#include <random>

#include "tests/support/update/test_bundles.h"

namespace latchkey::update {
namespace {

using namespace std::chrono_literals;
using testing::open_installation;
using testing::put_bundle;
using testing::record_of;
using testing::version;

constexpr int devices = 50;
constexpr int events = 200;  // of each

class Life final {
 public:
  explicit Life(unsigned seed) : random_(seed) { start(); }

  void step() {
    const Phase before = app_->state().phase;
    const auto blocked = app_->state().bad;
    act();
    check(before, blocked);
  }
  int updates() const { return updates_; }

 private:
  unsigned draw(unsigned below) { return std::uniform_int_distribution<unsigned>(0, below - 1)(random_); }

  void start() {
    app_.reset();
    app_ = open_installation(vfs_, clock_, {.native = {1, 0, 0}, .built_in_sequence = built_in_});
    app_->start(mode_);
  }
  void publish() {
    const int next = ++newest_;
    if (!put_bundle(app_->store(), version(next), nullptr)) return;
    if (app_->stage(record_of(next), {}, mode_)) ++updates_;
  }
  // What was published before comes back.
  void publish_again() {
    if (newest_ < 2) return;
    const int old = 1 + static_cast<int>(draw(static_cast<unsigned>(newest_)));
    auto record = record_of(old);
    record.sequence = static_cast<std::uint64_t>(newest_) + 1;
    if (app_->state().is_bad(record.root) || record.sequence <= built_in_) return;
    if (app_->state().current && app_->state().current->root == record.root) return;
    if (put_bundle(app_->store(), version(old), nullptr) && app_->stage(record, {}, mode_)) ++updates_;
  }
  void damage() {
    const auto& tree = app_->running()->tree;
    const auto& file = tree.files()[draw(static_cast<unsigned>(tree.files().size()))];
    if (!app_->running()->record) return;
    if (draw(2) == 0)
      (void)vfs_.remove(blob_path(file.sha256));
    else
      (void)(*vfs_.open(blob_path(file.sha256), OpenMode::write))->write(0, as_bytes("?"));
    app_->report_damage(Error{Code::storage_corrupted, "simulated"});
  }
  void act() {
    clock_.advance(std::chrono::seconds(draw(900)));
    switch (draw(13)) {
      case 0:
      case 1:
        return publish();
      case 2:
        return publish_again();
      case 3:
      case 4:
        return start();
      case 5:
        return (void)app_->ready(app_->begin_load(time_));
      case 6:  // it hangs
        app_->begin_load(time_);
        return app_->poll(time_ += 11s);
      case 7:
        for (unsigned i = draw(4); i > 0; --i) {
          start();
          app_->begin_load(time_);
          if (draw(3) == 0) app_->ended(time_ += 2s);
        }
        return;
      case 8:
        return app_->crashed();
      case 9:
        app_->went_to_background(time_, mode_);
        return app_->came_to_foreground(time_ += 1h, mode_);
      case 10:
        mode_ = static_cast<ApplyMode>(draw(4));
        return (void)app_->activate();
      case 11:
        return draw(3) == 0 ? damage() : app_->withdraw();
      default:
        if (draw(8) == 0) built_in_ = static_cast<std::uint64_t>(newest_);
        if (draw(8) == 0) app_->reset();
    }
  }

  void check(Phase before, const std::vector<BadRoot>& blocked) {
    const State& state = app_->state();
    const auto& running = *app_->running();
    EXPECT_EQ(running.record.has_value(), state.phase != Phase::built_in);
    EXPECT_EQ(state.current.has_value(), state.phase != Phase::built_in);
    if (running.record) {
      EXPECT_FALSE(state.is_bad(running.record->root));
      EXPECT_TRUE(app_->store().check_contents(running.record->root));
      EXPECT_EQ(running.tree.root(), running.record->root);
    }
    for (const BadRoot& one : blocked) EXPECT_TRUE(state.bad.size() == State::max_bad || state.is_bad(one.root));
    // Only ready() confirms, unless something was fallen back to.
    if (before == Phase::built_in && state.phase == Phase::confirmed) ADD_FAILURE() << "confirmed without a trial";
    if (state.phase == Phase::trial) EXPECT_LE(state.tries, max_tries);
  }

  std::mt19937 random_;
  ManualClock clock_;
  MemoryVfs vfs_;
  std::unique_ptr<Installation> app_;
  ApplyMode mode_ = ApplyMode::next_restart;
  MonotonicTime time_{};
  std::uint64_t built_in_ = 0;
  int newest_ = 0;
  int updates_ = 0;
};

TEST(Simulation, of_ten_thousand_events_every_one_leaves_a_device_that_runs_a_whole_bundle) {
  int updates = 0;
  for (unsigned device = 0; device < devices; ++device) {
    Life life(device);
    for (int i = 0; i < events && !::testing::Test::HasFailure(); ++i) life.step();
    updates += life.updates();
  }
  std::printf("simulated events: %d, updates %d\n", devices * events, updates);
}

}  // namespace
}  // namespace latchkey::update
