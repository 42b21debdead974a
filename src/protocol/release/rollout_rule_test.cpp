#include "protocol/release/rollout_rule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "base/hex.h"
#include "crypto/digest.h"

namespace latchkey::protocol::release {
namespace {

const Instant rollout_time = from_unix_seconds(1'800'000'000);
const ReleaseId salt = *parse_release_id("000102030405060708090a0b0c0d0e0f");

DeviceId device_number(std::uint64_t n) {
  std::mt19937_64 random(n);
  ByteArray<16> id;
  for (auto& byte : id) byte = static_cast<std::uint8_t>(random());
  return DeviceId(id);
}

struct Case {
  RolloutTerms release;
  std::optional<Policy> policy;
  Channels channels;
  DeviceFacts device;

  Decision decide(Instant at = rollout_time) const {
    return release::decide(release, policy ? &*policy : nullptr, channels, device, at);
  }
};

Case good_rule() {
  Case all;
  all.release = {.id = salt, .platforms = {"android", "ios"}, .native = {.min = {1, 0, 0}}, .rollout = {}};
  all.policy = Policy{.app = "org.example", .channel = "stable", .releases = {{.id = salt, .bps = everybody}}};
  all.channels = {.app = "org.example",
                  .default_channel = "stable",
                  .channels = {{.name = "stable", .self_assign = true}, {.name = "staff"}}};
  all.device.id = device_number(1);
  all.device.channel = "stable";
  all.device.platform = "ios";
  all.device.native = {1, 5, 0};
  return all;
}

TEST(RolloutBucket, is_the_documented_hash) {
  const DeviceId device = DeviceId(*parse_hex_array<16>("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"));
  Bytes input;
  append(input, as_bytes("lu1"));
  append(input, salt.value());
  append(input, device.value());
  EXPECT_EQ(rollout_bucket(salt, device), read_be<std::uint64_t>(crypto::sha256(input)));
  // Computed with another program (Python's hashlib).
  EXPECT_EQ(rollout_bucket(salt, device), 0x4e9deef6b61c2d60);
  EXPECT_EQ(to_hex(override_tag(salt, device)), "f9dc893ec67d3b68d642037b856be26b");
}

TEST(RolloutBucket, thresholds_are_exact) {
  struct {
    std::uint32_t bps;
    std::uint64_t threshold;
  } const rows[] = {{1, 1844674407370955},
                    {100, 184467440737095516},
                    {2500, 0x4000'0000'0000'0000},
                    {5000, 0x8000'0000'0000'0000},
                    {9999, 18444899399302180660U}};
  for (const auto& [bps, threshold] : rows) {
    EXPECT_TRUE(is_in_rollout(threshold - 1, bps)) << bps;
    EXPECT_FALSE(is_in_rollout(threshold, bps)) << bps;
  }
  EXPECT_FALSE(is_in_rollout(0, 0));
  EXPECT_TRUE(is_in_rollout(~std::uint64_t{0}, everybody));
  EXPECT_TRUE(is_in_rollout(~std::uint64_t{0}, everybody + 1));
  EXPECT_FALSE(is_in_rollout(~std::uint64_t{0}, everybody - 1));
}

TEST(RolloutBucket, a_larger_share_keeps_everybody_of_a_smaller_one) {
  for (std::uint64_t n = 0; n < 2000; ++n) {
    const std::uint64_t bucket = rollout_bucket(salt, device_number(n));
    bool was_in = false;
    for (std::uint32_t bps = 0; bps <= everybody; bps += 7) {
      const bool is_in = is_in_rollout(bucket, bps);
      ASSERT_TRUE(is_in || !was_in) << n << " left at " << bps;
      was_in = is_in;
    }
  }
}

TEST(RolloutBucket, shares_are_what_they_say_and_releases_choose_independently) {
  constexpr int devices = 20000;
  const ReleaseId other = *parse_release_id("ffffffffffffffffffffffffffffffff");
  int in_first = 0;
  int in_both = 0;
  for (std::uint64_t n = 0; n < devices; ++n) {
    const DeviceId device = device_number(n);
    const bool first = is_in_rollout(rollout_bucket(salt, device), 2000);
    in_first += first ? 1 : 0;
    in_both += first && is_in_rollout(rollout_bucket(other, device), 2000) ? 1 : 0;
  }
  const auto near = [](int counted, double share) {
    return std::abs(counted - devices * share) < 5 * std::sqrt(devices * share * (1 - share));
  };
  EXPECT_TRUE(near(in_first, .2)) << in_first;
  EXPECT_TRUE(near(in_both, .04)) << in_both;
}

TEST(SignedShare, follows_the_stages_up_to_the_maximum) {
  const Rollout staged{
      .max_bps = 4000,
      .stages = {{.bps = 100, .from = rollout_time}, {.bps = 9000, .from = rollout_time + std::chrono::hours(6)}}};
  EXPECT_EQ(signed_bps(staged, rollout_time - std::chrono::seconds(1)), 0U);
  EXPECT_EQ(signed_bps(staged, rollout_time), 100U);
  EXPECT_EQ(signed_bps(staged, rollout_time + std::chrono::hours(6)), 4000U);
  EXPECT_EQ(signed_bps({.max_bps = 3000}, rollout_time), 3000U);
}

TEST(Decide, table) {
  using Change = std::function<void(Case&)>;
  const std::pair<Verdict, Change> rows[] = {
      {Verdict::eligible, [](Case&) {}},
      {Verdict::eligible, [](Case& c) { c.policy.reset(); }},
      {Verdict::channel_unknown, [](Case& c) { c.device.channel = "beta"; }},
      {Verdict::eligible, [](Case& c) { c.device.channel_choice = ChannelChoice::chosen; }},
      {Verdict::channel_closed,
       [](Case& c) {
         c.device.channel = c.policy->channel = "staff";
         c.device.channel_choice = ChannelChoice::chosen;
       }},
      {Verdict::eligible, [](Case& c) { c.device.channel = c.policy->channel = "staff"; }},
      {Verdict::platform, [](Case& c) { c.device.platform = "web"; }},
      {Verdict::platform, [](Case& c) { c.channels.channels[0].platforms = {"android"}; }},
      {Verdict::eligible, [](Case& c) { c.channels.channels[0].platforms = {"android", "ios"}; }},
      {Verdict::native_too_old, [](Case& c) { c.device.native = {0, 9, 9}; }},
      {Verdict::eligible, [](Case& c) { c.release.native.max = NativeVersion{1, 5, 0}; }},
      {Verdict::native_too_new, [](Case& c) { c.release.native.max = NativeVersion{1, 4, 9}; }},
      {Verdict::wrong_fingerprint, [](Case& c) { c.release.native.fingerprints = {ByteArray<32>{1}}; }},
      {Verdict::wrong_fingerprint,
       [](Case& c) {
         c.release.native.fingerprints = {ByteArray<32>{1}};
         c.device.fingerprint = ByteArray<32>{2};
       }},
      {Verdict::eligible,
       [](Case& c) {
         c.release.native.fingerprints = {ByteArray<32>{1}, ByteArray<32>{2}};
         c.device.fingerprint = ByteArray<32>{2};
       }},
      {Verdict::unknown_to_policy, [](Case& c) { c.policy->releases.clear(); }},
      {Verdict::unknown_to_policy, [](Case& c) { c.policy->channel = "staff"; }},
      {Verdict::unknown_to_policy, [](Case& c) { c.policy->app = "org.other"; }},
      {Verdict::halted, [](Case& c) { c.policy->releases[0].halted = true; }},
      {Verdict::paused, [](Case& c) { c.policy->releases[0].paused = true; }},
      {Verdict::targeting, [](Case& c) { c.release.rollout.targeting = {{"platform", "in", {"android"}}}; }},
      {Verdict::not_in_rollout, [](Case& c) { c.release.rollout.max_bps = 0; }},
      {Verdict::not_in_rollout, [](Case& c) { c.policy->releases[0].bps = 0; }},
      {Verdict::not_in_rollout,
       [](Case& c) {
         c.release.rollout.stages = {{.bps = everybody, .from = rollout_time + std::chrono::seconds(1)}};
       }},
  };
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    Case changed = good_rule();
    rows[i].second(changed);
    EXPECT_EQ(name_of(changed.decide().verdict), name_of(rows[i].first)) << "row " << i;
  }
}

TEST(Decide, an_override_replaces_the_bucket_and_nothing_else) {
  Case named = good_rule();
  named.release.rollout.max_bps = 0;
  named.release.rollout.overrides = {override_tag(salt, named.device.id)};
  EXPECT_TRUE(named.decide().is_eligible());
  named.policy->releases[0].paused = true;
  EXPECT_EQ(named.decide().verdict, Verdict::paused);
  named.policy->releases[0].paused = false;
  named.release.rollout.targeting = {{"label", "in", {"staff"}}};
  EXPECT_EQ(named.decide().verdict, Verdict::targeting);
  Case another = good_rule();
  another.release.rollout = {.max_bps = 0, .overrides = {override_tag(salt, device_number(2))}};
  EXPECT_EQ(another.decide().verdict, Verdict::not_in_rollout);
}

TEST(Decide, the_least_share_counts_and_the_next_stage_is_told) {
  Case staged = good_rule();
  const Instant later = rollout_time + std::chrono::hours(1);
  staged.release.rollout = {.max_bps = 6000,
                            .stages = {{.bps = 500, .from = rollout_time}, {.bps = 8000, .from = later}}};
  staged.policy->releases[0].bps = 300;
  EXPECT_EQ(staged.decide().effective_bps, 300U);
  EXPECT_EQ(staged.decide().next_stage, later);
  staged.policy->releases[0].bps = 7000;
  EXPECT_EQ(staged.decide().effective_bps, 500U);
  EXPECT_EQ(staged.decide(later).effective_bps, 6000U);
  EXPECT_EQ(staged.decide(later).next_stage, std::nullopt);
}

TEST(Decide, a_policy_only_ever_takes_away) {
  std::mt19937 random(7);
  for (int i = 0; i < 5000; ++i) {
    Case any = good_rule();
    any.device.id = device_number(random());
    any.release.rollout.max_bps = random() % (everybody + 1);
    auto& entry = any.policy->releases[0];
    entry = {.id = salt,
             .bps = static_cast<std::uint32_t>(random() % (everybody + 1)),
             .halted = random() % 8 == 0,
             .paused = random() % 8 == 0};
    const bool with_policy = any.decide().is_eligible();
    any.policy.reset();
    ASSERT_TRUE(!with_policy || any.decide().is_eligible());
  }
}

}  // namespace
}  // namespace latchkey::protocol::release
