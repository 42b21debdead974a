#include "update/delay.h"

#include <algorithm>

#include "protocol/limits.h"

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

Status check_conditions(std::span<const DelayCondition> conditions) {
  constexpr auto longest = protocol::limits::condition_time;
  const Instant last = from_unix_seconds(protocol::limits::numeric_date_maximum);
  const auto may_be_kept = [&](const DelayCondition& one) {
    return one.duration.count() >= 0 && one.duration <= longest && one.at >= Instant{} && one.at <= last;
  };
  if (conditions.size() > State::max_conditions || !std::ranges::all_of(conditions, may_be_kept))
    return fail(Code::invalid_argument, "conditions of an update");
  return {};
}

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
