// What an unlocking knows of its vault's checkpoint, and what follows from it: when the next step is due.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "vault/checkpoint.h"

namespace latchkey::vault {

struct CheckpointWatch {
  bool is_verified = false;
  std::optional<Error> problem = std::nullopt;
  bool is_told = true;                             // the server knows the file's epoch
  std::optional<Instant> tried_at = std::nullopt;  // when a step last told of writes, or failed
  std::uint32_t failures = 0;                      // since the last step that ended well
  std::chrono::milliseconds retry_after{0};        // of the last failure

  void note_failure(const Error& error, const CheckpointPace& pace, Instant now);
  void note_success();
};

// After so many failures, at least 1, in a row. `unit` of 0..1 spreads the retries of many devices whose server was
// away.
std::chrono::milliseconds retry_delay(const CheckpointPace& pace, std::uint32_t failures, double unit);

// Zero: now; nothing: there is nothing to tell or to ask. `uncovered`: how many writes no epoch covers yet.
std::optional<std::chrono::milliseconds> time_until_step(const CheckpointWatch& watch, std::uint64_t uncovered,
                                                         const CheckpointPace& pace, Instant now);

}  // namespace latchkey::vault
