// What happens to a presented refresh token: one table, first matching row wins. Pure: the caller has read the row,
// checked the token's tag, the client, the device key, the user, scope and resource; `refresh_rotation` applies the
// answer. Printed for people in docs/refresh.md, which a test compares with this table.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "identity/tokens/family.h"

namespace latchkey::identity {

// When a family bound to a device key gets a new refresh token. Bearer families do at every use.
enum class BoundRotation : std::uint8_t {
  never,     // FAPI 2.0: the key protects the token, rotation adds nothing; the idle lifetime moves without it
  when_old,  // once the token has lived most of its idle lifetime
  every_use,
};

std::string_view name_of(BoundRotation rotation);  // as it is configured: "when_old"

struct RotationPolicy {
  std::chrono::milliseconds grace = std::chrono::seconds(120);  // longer than any client waits for an answer
  std::chrono::milliseconds recovery = std::chrono::days(7);
  std::uint8_t max_attempts = 32;  // 250 attempts lost no family at 45 % lost answers; 8 lost one in 40
  std::chrono::milliseconds idle_lifetime = std::chrono::days(30);
  std::chrono::milliseconds absolute_lifetime = std::chrono::days(180);
  BoundRotation bound_rotation = BoundRotation::when_old;
  bool is_strict = false;  // an unused-looking successor that was seen in use ends the family
};

struct PresentedRefreshToken {
  std::uint32_t generation = 0;
  std::uint8_t attempt = 0;
};

// What to do with the row. `refuse` and `revoke` both answer invalid_grant.
enum class RefreshAction : std::uint8_t {
  refuse,
  keep,          // answer with the same refresh token
  extend,        // the same, and the idle lifetime starts anew
  rotate,        // generation + 1
  repeat,        // answer with the newest refresh token again; the row stays
  recover,       // attempt + 1; the displaced attempt becomes a tripwire
  revoke,        // reuse: end the family durably, then answer
  roll_forward,  // the row is older than the token: take the token's place over, then decide again
};

// What the audit log and the owner are told.
enum class RefreshAlarm : std::uint8_t {
  none,
  late_duplicate,
  stale_token_of_bound_key,
  successor_already_used,
  rollback_detected,
  token_from_the_future,
  reuse,
};
std::string_view name_of(RefreshAction action);
std::string_view name_of(RefreshAlarm alarm);

struct RefreshFacts {
  const Family& family;
  PresentedRefreshToken token;
  Instant now;
  const RotationPolicy& policy;
};

struct RefreshRule {
  std::string_view name;
  std::string_view when;  // for people
  bool (*matches)(const RefreshFacts&);
  RefreshAction action;
  RefreshAlarm alarm;
};

std::span<const RefreshRule> refresh_rules();

// The first rule that matches; the last one always does.
const RefreshRule& decide(const RefreshFacts& facts);

// The table as Markdown rows, as it stands in docs/refresh.md.
std::string print_refresh_rules();

}  // namespace latchkey::identity
