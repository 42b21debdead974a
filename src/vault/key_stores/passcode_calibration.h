// How much work a passcode costs on this device: as much as the user will wait for, and never less than the floor.
#pragma once

#include <chrono>
#include <functional>

#include "crypto/argon2id.h"

namespace latchkey::vault {

struct CalibrationGoal {
  std::chrono::microseconds time = std::chrono::milliseconds(250);
  crypto::Argon2Cost floor = crypto::argon2_vault_cost;  // a slow device waits longer, it does not guard less
  crypto::Argon2Cost ceiling{256 * 1024, 8};  // beyond 256 MiB phones end the program, and small servers swap
};

// The time of one computation at that cost.
using MeasureArgon2 = std::function<Result<std::chrono::microseconds>(crypto::Argon2Cost)>;

// The cost that comes nearest to the time, between floor and ceiling: memory first, for it is what attackers lack, then
// passes. Measures at most twice, and goes back when the second shows that the first was too hopeful. Fails as
// `measure` does.
Result<crypto::Argon2Cost> calibrate_argon2(const CalibrationGoal& goal, const MeasureArgon2& measure);

// The same on this device, with its clock, measured once a process (about 0.4 s). Falls back to the floor when it
// cannot be measured. Thread-safe.
crypto::Argon2Cost calibrated_passcode_cost();

}  // namespace latchkey::vault
