// Who gets a release: decided on the device, from signed files alone, in exact integers. Pure. The same inputs give the
// same answer everywhere and at every check; nothing is drawn at random per request.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "protocol/release/channels.h"
#include "protocol/release/policy.h"
#include "protocol/release/rollout_terms.h"
#include "protocol/release/targeting.h"

namespace latchkey::protocol::release {

// Where in [0, 2^64) the device stands in this release's rollout: the first 8 bytes, big-endian, of
// SHA256("lu1" | release id | device id). Salted by the release, so that no device is always among the first.
std::uint64_t rollout_bucket(const ReleaseId& release, const DeviceId& device);

// Whether a bucket is among the first `bps` basis points: bucket < floor(2^64 * bps / 10000); everybody from 10000 on.
// Whoever is in at some share is in at every larger one.
bool is_in_rollout(std::uint64_t bucket, std::uint32_t bps);

// How a release names single devices: the first 16 bytes of SHA256(release id | device id).
OverrideTag override_tag(const ReleaseId& release, const DeviceId& device);

// What the stages allow at `now`, at most max_bps: that of the last stage reached, 0 before the first; without stages
// max_bps.
std::uint32_t signed_bps(const Rollout& rollout, Instant now);

enum class Verdict : std::uint8_t {
  eligible,
  channel_unknown,    // the app has no such channel (any more)
  channel_closed,     // the device chose it, and it is not open to that
  platform,           // the channel, or the release, is not for this platform
  native_too_old,     // the store has to bring a newer app first
  native_too_new,     // made for older apps
  wrong_fingerprint,  // made for another native part
  unknown_to_policy,  // the server does not speak of this release (yet)
  halted,             // withdrawn
  paused,             // not now
  targeting,          // made for other devices
  not_in_rollout,     // its turn has not come
};
std::string_view name_of(Verdict verdict);  // "native_too_old"

struct Decision {
  Verdict verdict = Verdict::not_in_rollout;
  std::uint32_t effective_bps = 0;         // min(stages, max_bps, policy); 0 unless it came to that
  std::optional<Instant> next_stage = {};  // when the signed stages allow more; for planning the next check

  bool is_eligible() const { return verdict == Verdict::eligible; }
  friend bool operator==(const Decision&, const Decision&) = default;
};

// The first obstacle, in the order of Verdict. `policy` is null only if the targets role delegates no policy for this
// channel; one of another app or channel counts as silent about the release. A device named by an override needs no
// place in the rollout, but everything else. Whether the release is the one the device has already, and its files'
// expiry, is the caller's to know.
Decision decide(const RolloutTerms& release, const Policy* policy, const Channels& channels, const DeviceFacts& device,
                Instant now);

}  // namespace latchkey::protocol::release
