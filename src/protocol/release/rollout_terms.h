// What a release says about who may have it: members "id", "platforms", "native" and "rollout" of the release
// descriptor, which embeds this. Format: docs/formats/rollout-v1.md. Deciding: rollout_rule.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "protocol/json.h"
#include "protocol/json_writer.h"
#include "protocol/release/names.h"

namespace latchkey::protocol::release {

// Shares are counted in basis points: 10000 is everybody.
inline constexpr std::uint32_t everybody = 10000;

// From `from` on at most `bps` of the devices.
struct Stage {
  std::uint32_t bps = 0;
  Instant from{};
  friend bool operator==(const Stage&, const Stage&) = default;
};

// One condition on the device. Fields and operators unknown to a reader are kept, and met by no device.
struct Predicate {
  std::string field;
  std::string op;
  std::vector<std::string> values;
  friend bool operator==(const Predicate&, const Predicate&) = default;
};

struct NativeRange {
  NativeVersion min = {};
  std::optional<NativeVersion> max = {};         // inclusive
  std::vector<ByteArray<32>> fingerprints = {};  // sorted; if there are any, the device's must be one of them
  friend bool operator==(const NativeRange&, const NativeRange&) = default;
};

using OverrideTag = ByteArray<16>;  // see override_tag() in rollout_rule.h

struct Rollout {
  std::uint32_t max_bps = everybody;
  std::vector<Stage> stages = {};           // both members rise; none: everything at once
  std::vector<OverrideTag> overrides = {};  // sorted
  std::vector<Predicate> targeting = {};    // all must be met
  friend bool operator==(const Rollout&, const Rollout&) = default;
};

struct RolloutTerms {
  ReleaseId id;
  std::vector<std::string> platforms;  // sorted, of android, electron, ios, web; at least one
  NativeRange native = {};
  Rollout rollout = {};
  friend bool operator==(const RolloutTerms&, const RolloutTerms&) = default;
};

// Reads the four members of `release`, and lets others be. Fails: invalid_format (the member as detail),
// input_too_large.
Result<RolloutTerms> parse_rollout_terms(const json::Value& release);
// Sorted, each once, at least one, all of them known. Fails: invalid_argument.
Status check_platforms(const std::vector<std::string>& platforms);
// The same rules for terms made in memory. Fails: invalid_argument.
Status check_rollout_terms(const RolloutTerms& terms);

// The values of members "native" and "rollout", their own members sorted by name, so that what is printed is canonical
// JSON. Appends to what the writer is at.
void write(json::Writer& writer, const NativeRange& native);
void write(json::Writer& writer, const Rollout& rollout);

}  // namespace latchkey::protocol::release
