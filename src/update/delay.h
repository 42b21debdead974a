// When a waiting bundle is switched to: the mode's moments, and the conditions that were given with it. Pure.
#pragma once

#include <span>

#include "update/state.h"

namespace latchkey::update {

enum class ApplyMode {
  next_restart,  // when the app starts
  background,    // when it goes to the background, or starts
  direct,        // as soon as it is staged
  manual,        // only when the host says so
};

// Where the app is in its life.
enum class MomentKind { started, went_to_background, came_to_foreground, staged, asked };
struct Moment {
  MomentKind kind = MomentKind::started;
  Instant now{};
  std::chrono::seconds background_for{0};  // of came_to_foreground
  NativeVersion native;
};

// Fails: invalid_argument (too many to keep, or times that cannot be kept).
Status check_conditions(std::span<const DelayCondition> conditions);

// All of them.
bool are_met(std::span<const DelayCondition> conditions, const Moment& moment);

// Whether the mode switches at this moment at all. Conditions that are met later are looked at whenever the app starts
// or comes to the foreground.
bool is_moment_of(ApplyMode mode, MomentKind kind, bool has_conditions);

}  // namespace latchkey::update
