// What chance does to one device, the same for the same seed; and its time, which passes only when it is told to.
#pragma once

#include <initializer_list>
#include <random>

#include "base/time.h"
#include "update/foreground_timer.h"

namespace latchkey::update::testing {

class Lot final {
 public:
  explicit Lot(unsigned seed) : random_(seed) {}
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(random_() % count); }
  std::size_t between(std::size_t least, std::size_t most) { return least + below(most - least + 1); }
  bool percent(std::size_t chance) { return below(100) < chance; }
  double share() { return static_cast<double>(below(1'000'000)) / 1e6; }
  template <class T>
  T one_of(std::initializer_list<T> choices) {
    return choices.begin()[below(choices.size())];
  }

 private:
  std::mt19937_64 random_;
};

// `wall` may step; `monotonic` does not.
struct SimulatedTime {
  ManualClock wall;
  MonotonicTime monotonic{std::chrono::hours(1)};

  void pass(std::chrono::milliseconds time) {
    wall.advance(time);
    monotonic += time;
  }
};

}  // namespace latchkey::update::testing
