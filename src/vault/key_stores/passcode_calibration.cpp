#include "vault/key_stores/passcode_calibration.h"

#include <algorithm>

namespace latchkey::vault {
namespace {

constexpr std::uint32_t memory_step_kib = 1024;
constexpr std::uint64_t too_slow_percent = 150;  // of the goal: the device was busier than when first measured

std::uint64_t work_of(crypto::Argon2Cost cost) { return std::uint64_t{cost.memory_kib} * cost.passes; }

// The cost within bounds whose work is at most `work`, or the floor.
crypto::Argon2Cost cost_for(std::uint64_t work, const CalibrationGoal& goal) {
  const std::uint64_t steps = work / goal.floor.passes / memory_step_kib;
  const auto memory = static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(steps * memory_step_kib, goal.floor.memory_kib, goal.ceiling.memory_kib));
  const auto passes =
      static_cast<std::uint32_t>(std::clamp<std::uint64_t>(work / memory, goal.floor.passes, goal.ceiling.passes));
  return {memory, passes};
}

std::uint64_t work_in(std::chrono::microseconds goal, crypto::Argon2Cost measured, std::chrono::microseconds took) {
  const auto time = static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 1));
  return work_of(measured) * static_cast<std::uint64_t>(goal.count()) / time;
}

Result<std::chrono::microseconds> measure_here(crypto::Argon2Cost cost) {
  constexpr std::string_view password = "latchkey calibration";
  const ByteArray<crypto::argon2_salt_size> salt{};
  ByteArray<32> out{};
  const auto start = std::chrono::steady_clock::now();
  TRY_DO(crypto::argon2id_into(as_bytes(password), salt, cost, out));
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
}

}  // namespace

Result<crypto::Argon2Cost> calibrate_argon2(const CalibrationGoal& goal, const MeasureArgon2& measure) {
  TRY(const auto first, measure(goal.floor));
  if (first >= goal.time) return goal.floor;
  const crypto::Argon2Cost hopeful = cost_for(work_in(goal.time, goal.floor, first), goal);
  if (hopeful == goal.floor) return hopeful;
  TRY(const auto second, measure(hopeful));
  const auto limit = goal.time.count() * static_cast<std::int64_t>(too_slow_percent) / 100;
  if (second.count() <= limit) return hopeful;
  return cost_for(work_in(goal.time, hopeful, second), goal);
}

crypto::Argon2Cost calibrated_passcode_cost() {
  static const crypto::Argon2Cost cost = [] {
    const CalibrationGoal goal;
    return calibrate_argon2(goal, measure_here).value_or(goal.floor);
  }();
  return cost;
}

}  // namespace latchkey::vault
