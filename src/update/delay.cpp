#include "update/delay.h"

#include <algorithm>

namespace latchkey::update {
namespace {

bool is_met(const DelayCondition& condition, const Moment& moment) {
  switch (condition.kind) {
    case DelayKind::background:
      // An app that was ended was in the background for as long as it takes.
      return moment.kind == MomentKind::started ||
             (moment.kind == MomentKind::came_to_foreground && moment.background_for >= condition.duration);
    case DelayKind::kill:
      return moment.kind == MomentKind::started;
    case DelayKind::date:
      return moment.now >= condition.at;
    case DelayKind::native_version:
      return moment.native >= condition.native;
  }
  return false;
}

}  // namespace

bool are_met(std::span<const DelayCondition> conditions, const Moment& moment) {
  return std::ranges::all_of(conditions, [&](const DelayCondition& one) { return is_met(one, moment); });
}

bool is_moment_of(ApplyMode mode, MomentKind kind, bool has_conditions) {
  if (kind == MomentKind::asked) return true;
  if (mode == ApplyMode::manual) return false;
  if (kind == MomentKind::started) return true;
  if (kind == MomentKind::came_to_foreground) return has_conditions || mode == ApplyMode::direct;
  if (kind == MomentKind::went_to_background) return mode != ApplyMode::next_restart;
  return mode == ApplyMode::direct;
}

}  // namespace latchkey::update
