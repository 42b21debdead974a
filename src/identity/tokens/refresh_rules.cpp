#include "identity/tokens/refresh_rules.h"

#include <algorithm>
#include <array>

namespace latchkey::identity {
namespace {

using Alarm = RefreshAlarm;

// A clock that stepped back must not turn a young token old, nor the other way round.
std::chrono::milliseconds age(Instant since, Instant now) {
  return std::max(now - since, std::chrono::milliseconds::zero());
}

bool is_generation(const RefreshFacts& f, std::int64_t distance) {
  return std::int64_t{f.token.generation} - std::int64_t{f.family.generation} == distance;
}
bool is_current(const RefreshFacts& f) { return is_generation(f, 0) && f.token.attempt == f.family.attempt; }
bool is_predecessor(const RefreshFacts& f) {
  return is_generation(f, -1) && f.token.attempt == f.family.previous_attempt;
}
bool is_fresh(const RefreshFacts& f) { return age(f.family.issued_at, f.now) <= f.policy.grace; }
bool is_expired(const RefreshFacts& f) {
  return f.now >= f.family.idle_expires_at || f.now >= f.family.absolute_expires_at;
}
bool may_recover(const RefreshFacts& f) {
  return f.family.attempt < f.policy.max_attempts && age(f.family.rotated_at, f.now) <= f.policy.recovery;
}
bool is_successor_used(const RefreshFacts& f) { return f.family.seen_generation == f.family.generation; }
bool is_rotation_due(const RefreshFacts& f) {
  if (!f.family.is_bound()) return true;
  switch (f.policy.bound_rotation) {
    case BoundRotation::never:
      return false;
    case BoundRotation::when_old:
      return age(f.family.issued_at, f.now) * 10 >= f.policy.idle_lifetime * 7;
    case BoundRotation::every_use:
      return true;
  }
  return true;
}
// What a rotation would have moved. Seldom, for it is a write.
bool is_extension_due(const RefreshFacts& f) {
  const auto left = f.family.idle_expires_at - f.now;
  return f.family.is_bound() && f.policy.bound_rotation == BoundRotation::never &&
         left * 10 <= f.policy.idle_lifetime * 3 && f.family.idle_expires_at < f.family.absolute_expires_at;
}
bool is_lost_future(const RefreshFacts& f) {
  return (is_generation(f, 1) && f.token.attempt == 0) || (is_generation(f, 0) && f.token.attempt > f.family.attempt);
}

// clang-format off
namespace refreshing {  // here the actions go by their bare names
using enum RefreshAction;
constexpr std::array rules{
  RefreshRule{"1", "the family is revoked",
    [](const RefreshFacts& f) { return f.family.is_revoked; }, refuse, Alarm::none},
  RefreshRule{"0", "the idle or absolute lifetime is over",
    is_expired, refuse, Alarm::none},
  RefreshRule{"2-extend", "newest token, bound to a device key, never rotated, most of its idle lifetime over",
    [](const RefreshFacts& f) { return is_current(f) && is_extension_due(f); }, extend, Alarm::none},
  RefreshRule{"2-keep", "newest token, bound to a device key, not due for rotation",
    [](const RefreshFacts& f) { return is_current(f) && !is_rotation_due(f); }, keep, Alarm::none},
  RefreshRule{"2", "newest token",
    is_current, rotate, Alarm::none},
  RefreshRule{"3a", "immediate predecessor, its successor issued within the grace time",
    [](const RefreshFacts& f) { return is_predecessor(f) && is_fresh(f); }, repeat, Alarm::none},
  RefreshRule{"3b", "immediate predecessor, bound to a device key",
    [](const RefreshFacts& f) { return is_predecessor(f) && f.family.is_bound(); }, repeat, Alarm::none},
  RefreshRule{"3c-strict", "immediate predecessor, bearer, its successor seen in use, strict mode",
    [](const RefreshFacts& f) { return is_predecessor(f) && may_recover(f) && is_successor_used(f) && f.policy.is_strict; },
    revoke, Alarm::reuse},
  RefreshRule{"3c-seen", "immediate predecessor, bearer, within the recovery time and attempts, its successor seen in use",
    [](const RefreshFacts& f) { return is_predecessor(f) && may_recover(f) && is_successor_used(f); },
    recover, Alarm::successor_already_used},
  RefreshRule{"3c", "immediate predecessor, bearer, within the recovery time and attempts",
    [](const RefreshFacts& f) { return is_predecessor(f) && may_recover(f); }, recover, Alarm::none},
  RefreshRule{"3d", "immediate predecessor, too late or too often",
    is_predecessor, revoke, Alarm::reuse},
  RefreshRule{"4", "displaced attempt of the newest generation",
    [](const RefreshFacts& f) { return is_generation(f, 0) && f.token.attempt < f.family.attempt; }, revoke, Alarm::reuse},
  RefreshRule{"4-previous", "displaced attempt of the generation before",
    [](const RefreshFacts& f) { return is_generation(f, -1); }, revoke, Alarm::reuse},
  RefreshRule{"6", "newer than the row by one step: the database lost it",
    is_lost_future, roll_forward, Alarm::rollback_detected},
  RefreshRule{"6-far", "newer than the row by more than one step",
    [](const RefreshFacts& f) { return f.token.generation > f.family.generation; }, refuse, Alarm::token_from_the_future},
  RefreshRule{"5-late", "two or more generations old, the newest token issued within the grace time",
    is_fresh, refuse, Alarm::late_duplicate},
  RefreshRule{"5-bound", "two or more generations old, bound to a device key",
    [](const RefreshFacts& f) { return f.family.is_bound(); }, refuse, Alarm::stale_token_of_bound_key},
  RefreshRule{"5", "two or more generations old",
    [](const RefreshFacts&) { return true; }, revoke, Alarm::reuse},
};
}  // namespace refreshing
// clang-format on

}  // namespace

std::span<const RefreshRule> refresh_rules() { return refreshing::rules; }

const RefreshRule& decide(const RefreshFacts& facts) {
  return *std::ranges::find_if(refreshing::rules, [&](const RefreshRule& rule) { return rule.matches(facts); });
}

std::string_view name_of(BoundRotation rotation) {
  switch (rotation) {
    case BoundRotation::never:
      return "never";
    case BoundRotation::when_old:
      return "when_old";
    case BoundRotation::every_use:
      return "every_use";
  }
  return "when_old";
}

std::string_view name_of(RefreshAction action) {
  using enum RefreshAction;
  switch (action) {
    case refuse:
      return "refuse";
    case keep:
      return "keep";
    case extend:
      return "extend";
    case rotate:
      return "rotate";
    case repeat:
      return "repeat";
    case recover:
      return "recover";
    case revoke:
      return "revoke";
    case roll_forward:
      return "roll_forward";
  }
  return "refuse";
}

std::string_view name_of(RefreshAlarm alarm) {
  switch (alarm) {
    case Alarm::none:
      return "";
    case Alarm::late_duplicate:
      return "late_duplicate";
    case Alarm::stale_token_of_bound_key:
      return "stale_token_of_bound_key";
    case Alarm::successor_already_used:
      return "successor_already_used";
    case Alarm::rollback_detected:
      return "rollback_detected";
    case Alarm::token_from_the_future:
      return "token_from_the_future";
    case Alarm::reuse:
      return "reuse";
  }
  return "";
}

std::string print_refresh_rules() {
  std::string text;
  for (const RefreshRule& rule : refreshing::rules) {
    text.append("| ").append(rule.name).append(" | ").append(rule.when).append(" | ").append(name_of(rule.action));
    text.append(" | ").append(name_of(rule.alarm)).append(" |\n");
  }
  return text;
}

}  // namespace latchkey::identity
