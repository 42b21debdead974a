// The roles the server signs itself: snapshot, timestamp, and each channel's policy. They say which files belong
// together and how fresh they are, and can hold a release back; they cannot name one.
#pragma once

#include <chrono>
#include <optional>

#include "protocol/release/policy.h"
#include "release/repository/repository.h"

namespace latchkey::release {

// One key for each role, Ed25519. Immutable; signing is thread-safe.
struct OnlineKeys {
  crypto::SigningKey snapshot;
  crypto::SigningKey timestamp;
  crypto::SigningKey policy;
};
inline constexpr std::string_view policy_key_role = "policy";  // of every channel

// What is to replace them, role by role, once root or targets name them.
struct NextKeys {
  std::optional<crypto::SigningKey> snapshot, timestamp, policy;
  bool is_empty() const { return !snapshot && !timestamp && !policy; }
};

struct OnlineLifetimes {
  std::chrono::hours timestamp{48};  // how long a hacked or cut-off server can keep devices from news
  std::chrono::hours snapshot{7 * 24};
  std::chrono::hours policy{7 * 24};
  std::chrono::hours timestamp_renewal{1};  // re-signed when it is this old
};

// Fails, all of them: crypto_failed, and as reading the current files does.

// The channel's policy as a new version of its role. `policy.issued` becomes `now`.
Status sign_policy(Repository& repository, protocol::release::Policy policy, const OnlineKeys& keys,
                   const OnlineLifetimes& lifetimes, Instant now);
// A snapshot of all roles, and a timestamp for it. The last step of every change.
Status sign_snapshot(Repository& repository, const OnlineKeys& keys, const OnlineLifetimes& lifetimes, Instant now);
// What has to be signed again although nothing changed: policies and snapshot past half of their life, the timestamp
// past its renewal. Nothing to do leaves no changes.
Status renew(Repository& repository, const OnlineKeys& keys, const OnlineLifetimes& lifetimes, Instant now);

}  // namespace latchkey::release
