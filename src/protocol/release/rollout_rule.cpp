#include "protocol/release/rollout_rule.h"

#include <algorithm>
#include <array>

#include "crypto/digest.h"

namespace latchkey::protocol::release {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::array<std::string_view, 12> verdict_names{
    "eligible",          "channel_unknown",   "channel_closed", "platform", "native_too_old", "native_too_new",
    "wrong_fingerprint", "unknown_to_policy", "halted",         "paused",   "targeting",      "not_in_rollout"};

crypto::Sha256Digest digest(std::string_view label, const ReleaseId& release, const DeviceId& device) {
  ByteArray<3 + 16 + 16> input;
  auto end = std::ranges::copy(label, input.begin()).out;
  end = std::ranges::copy(release.value(), end).out;
  end = std::ranges::copy(device.value(), end).out;
  return crypto::sha256(ByteView(input.begin(), end));
}

std::optional<Verdict> find_channel_obstacle(const Channels& channels, const DeviceFacts& device) {
  const Channel* const channel = channels.find(device.channel);
  if (channel == nullptr) return Verdict::channel_unknown;
  if (device.channel_choice == ChannelChoice::chosen && !channel->self_assign) return Verdict::channel_closed;
  if (!channel->platforms.empty() && !std::ranges::binary_search(channel->platforms, device.platform))
    return Verdict::platform;
  return std::nullopt;
}

std::optional<Verdict> find_native_obstacle(const RolloutTerms& release, const DeviceFacts& device) {
  if (!std::ranges::binary_search(release.platforms, device.platform)) return Verdict::platform;
  const NativeRange& native = release.native;
  if (device.native < native.min) return Verdict::native_too_old;
  if (native.max && device.native > *native.max) return Verdict::native_too_new;
  if (native.fingerprints.empty()) return std::nullopt;
  if (!device.fingerprint || !std::ranges::binary_search(native.fingerprints, *device.fingerprint))
    return Verdict::wrong_fingerprint;
  return std::nullopt;
}

// The share the policy leaves, or what it forbids.
tl::expected<std::uint32_t, Verdict> apply_policy(const ReleaseId& id, const Policy* policy, const Channels& channels,
                                                  const DeviceFacts& device) {
  if (policy == nullptr) return everybody;
  const bool is_ours = policy->app == channels.app && policy->channel == device.channel;
  const PolicyEntry* const entry = is_ours ? policy->find(id) : nullptr;
  if (entry == nullptr) return tl::unexpected(Verdict::unknown_to_policy);
  if (entry->halted) return tl::unexpected(Verdict::halted);
  if (entry->paused) return tl::unexpected(Verdict::paused);
  return entry->bps;
}

std::optional<Instant> find_next_stage(const Rollout& rollout, Instant now) {
  const auto next = std::ranges::find_if(rollout.stages, [&](const Stage& stage) { return stage.from > now; });
  if (next == rollout.stages.end()) return std::nullopt;
  return next->from;
}

bool is_named(const RolloutTerms& release, const DeviceId& device) {
  const auto& overrides = release.rollout.overrides;
  return !overrides.empty() && std::ranges::binary_search(overrides, override_tag(release.id, device));
}

}  // namespace

std::string_view name_of(Verdict verdict) { return verdict_names.at(static_cast<std::size_t>(verdict)); }

std::uint64_t rollout_bucket(const ReleaseId& release, const DeviceId& device) {
  return read_be<std::uint64_t>(digest("lu1", release, device));
}

bool is_in_rollout(std::uint64_t bucket, std::uint32_t bps) {
  if (bps >= everybody) return true;
  return bucket < static_cast<std::uint64_t>((Wide{1} << 64U) * bps / everybody);
}

OverrideTag override_tag(const ReleaseId& release, const DeviceId& device) {
  const auto whole = digest("", release, device);
  OverrideTag tag;
  std::copy_n(whole.begin(), tag.size(), tag.begin());
  return tag;
}

std::uint32_t signed_bps(const Rollout& rollout, Instant now) {
  if (rollout.stages.empty()) return rollout.max_bps;
  const auto next = std::ranges::find_if(rollout.stages, [&](const Stage& stage) { return stage.from > now; });
  if (next == rollout.stages.begin()) return 0;
  return std::min(std::prev(next)->bps, rollout.max_bps);
}

Decision decide(const RolloutTerms& release, const Policy* policy, const Channels& channels, const DeviceFacts& device,
                Instant now) {
  const auto refuse = [](Verdict verdict) { return Decision{.verdict = verdict}; };
  if (const auto obstacle = find_channel_obstacle(channels, device)) return refuse(*obstacle);
  if (const auto obstacle = find_native_obstacle(release, device)) return refuse(*obstacle);
  const auto policy_bps = apply_policy(release.id, policy, channels, device);
  if (!policy_bps) return refuse(policy_bps.error());
  if (!meets(device, release.rollout.targeting)) return refuse(Verdict::targeting);
  const std::uint32_t bps = std::min(signed_bps(release.rollout, now), *policy_bps);
  const bool is_in = is_in_rollout(rollout_bucket(release.id, device.id), bps) || is_named(release, device.id);
  return {is_in ? Verdict::eligible : Verdict::not_in_rollout, bps, find_next_stage(release.rollout, now)};
}

}  // namespace latchkey::protocol::release
