#include "identity/tokens/refresh_rules.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace latchkey::identity {
namespace {

using namespace std::chrono_literals;
using Act = RefreshAction;
using Alarm = RefreshAlarm;

const Instant issued = from_unix_seconds(1'700'000'000);

// Generation 5, attempt 2, got from generation 4, attempt 1.
Family bearer() {
  Family family;
  family.generation = 5;
  family.attempt = 2;
  family.previous_attempt = 1;
  family.seen_generation = 4;
  family.rotated_at = issued;
  family.issued_at = issued;
  family.idle_expires_at = issued + 30 * 24h;
  family.absolute_expires_at = issued + 180 * 24h;
  return family;
}
Family bound() {
  auto family = bearer();
  family.key_thumbprint = "jkt";
  return family;
}
template <class Change>
Family with(Family family, Change change) {
  change(family);
  return family;
}

struct RuleRow {
  std::string_view rule;
  Family family;
  PresentedRefreshToken token;
  std::chrono::milliseconds after;
  Act action;
  Alarm alarm = Alarm::none;
  RotationPolicy policy = {};
};

std::vector<RuleRow> rows() {
  const auto revoked = with(bearer(), [](Family& f) { f.is_revoked = true; });
  const auto seen = with(bearer(), [](Family& f) { f.seen_generation = 5; });
  const auto worn_out = with(bearer(), [](Family& f) { f.attempt = 32; });
  const auto reissued = with(bearer(), [](Family& f) { f.issued_at = issued + 10min; });
  const auto at_the_end = with(bound(), [](Family& f) { f.idle_expires_at = f.absolute_expires_at; });
  RotationPolicy strict;
  strict.is_strict = true;
  RotationPolicy never;
  never.bound_rotation = BoundRotation::never;
  RotationPolicy always;
  always.bound_rotation = BoundRotation::every_use;
  return {
      {"1", revoked, {5, 2}, 1s, Act::refuse},
      {"1", revoked, {4, 1}, 1s, Act::refuse},
      {"1", revoked, {1, 0}, 1h, Act::refuse},  // a second replay does not raise a second alarm
      {"0", bearer(), {5, 2}, 30 * 24h, Act::refuse},
      {"0", bearer(), {5, 2}, 200 * 24h, Act::refuse},
      {"0", bearer(), {2, 0}, 30 * 24h, Act::refuse},
      {"2-keep", bound(), {5, 2}, 1h, Act::keep},
      {"2-keep", bound(), {5, 2}, 20 * 24h, Act::keep},
      {"2", bound(), {5, 2}, 21 * 24h, Act::rotate},  // 70 % of 30 days
      {"2-keep", bound(), {5, 2}, 20 * 24h, Act::keep, Alarm::none, never},
      {"2-extend", bound(), {5, 2}, 21 * 24h, Act::extend, Alarm::none, never},  // 70 % of 30 days
      {"2-extend", bound(), {5, 2}, 29 * 24h, Act::extend, Alarm::none, never},
      {"2-keep", at_the_end, {5, 2}, 179 * 24h, Act::keep, Alarm::none, never},  // nothing is left to extend
      {"2", bearer(), {5, 2}, 29 * 24h, Act::rotate, Alarm::none, never},
      {"2", bound(), {5, 2}, 1s, Act::rotate, Alarm::none, always},
      {"2", bearer(), {5, 2}, 0s, Act::rotate},
      {"2", bearer(), {5, 2}, 29 * 24h, Act::rotate},
      {"3a", bearer(), {4, 1}, 0s, Act::repeat},
      {"3a", bearer(), {4, 1}, 120s, Act::repeat},
      {"3a", bearer(), {4, 1}, -1h, Act::repeat},    // the clock stepped back: an age is never negative
      {"3a", reissued, {4, 1}, 11min, Act::repeat},  // grace counts from the issue, not from the rotation
      {"3a", bound(), {4, 1}, 120s, Act::repeat},
      {"3b", bound(), {4, 1}, 29 * 24h, Act::repeat},
      {"3c", bearer(), {4, 1}, 121s, Act::recover},
      {"3c", bearer(), {4, 1}, 7 * 24h, Act::recover},
      {"3c-seen", seen, {4, 1}, 121s, Act::recover, Alarm::successor_already_used},
      {"3c-strict", seen, {4, 1}, 121s, Act::revoke, Alarm::reuse, strict},
      {"3a", seen, {4, 1}, 120s, Act::repeat, Alarm::none, strict},
      {"3c", bearer(), {4, 1}, 121s, Act::recover, Alarm::none, strict},
      {"3d", bearer(), {4, 1}, 7 * 24h + 1ms, Act::revoke, Alarm::reuse},
      {"3d", worn_out, {4, 1}, 121s, Act::revoke, Alarm::reuse},
      {"4", bearer(), {5, 1}, 0s, Act::revoke, Alarm::reuse},  // always, even at once
      {"4", bearer(), {5, 0}, 1h, Act::revoke, Alarm::reuse},
      {"4", bound(), {5, 0}, 1h, Act::revoke, Alarm::reuse},
      {"4-previous", bearer(), {4, 0}, 0s, Act::revoke, Alarm::reuse},
      {"4-previous", bearer(), {4, 2}, 0s, Act::revoke, Alarm::reuse},
      {"6", bearer(), {6, 0}, 0s, Act::roll_forward, Alarm::rollback_detected},
      {"6", bearer(), {5, 3}, 0s, Act::roll_forward, Alarm::rollback_detected},
      {"6", bound(), {6, 0}, 1h, Act::roll_forward, Alarm::rollback_detected},
      {"6-far", bearer(), {6, 1}, 0s, Act::refuse, Alarm::token_from_the_future},
      {"6-far", bearer(), {7, 0}, 0s, Act::refuse, Alarm::token_from_the_future},
      {"5-late", bearer(), {3, 0}, 120s, Act::refuse, Alarm::late_duplicate},
      {"5-late", reissued, {3, 0}, 12min, Act::refuse, Alarm::late_duplicate},
      {"5-bound", bound(), {3, 0}, 121s, Act::refuse, Alarm::stale_token_of_bound_key},
      {"5", bearer(), {3, 0}, 121s, Act::revoke, Alarm::reuse},
      {"5", bearer(), {0, 0}, 29 * 24h, Act::revoke, Alarm::reuse},
  };
}

TEST(RefreshRules, every_row_decides_as_written) {
  for (const RuleRow& row : rows()) {
    const RefreshFacts facts{row.family, row.token, issued + row.after, row.policy};
    const RefreshRule& rule = decide(facts);
    const auto where = std::string(row.rule) + " token " + std::to_string(row.token.generation) + "." +
                       std::to_string(row.token.attempt) + " after " + std::to_string(row.after.count()) + " ms";
    EXPECT_EQ(rule.name, row.rule) << where;
    EXPECT_EQ(name_of(rule.action), name_of(row.action)) << where;
    EXPECT_EQ(name_of(rule.alarm), name_of(row.alarm)) << where;
  }
}

TEST(RefreshRules, every_rule_has_a_test_row) {
  for (const RefreshRule& rule : refresh_rules()) {
    const auto all = rows();
    EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const RuleRow& row) { return row.rule == rule.name; }))
        << rule.name;
  }
}

TEST(RefreshRules, some_rule_matches_whatever_is_presented) {
  for (std::uint32_t generation : {0U, 3U, 4U, 5U, 6U, 7U, 0xffffffffU})
    for (int attempt : {0, 1, 2, 3, 255})
      for (const auto& family : {bearer(), bound()}) {
        const RotationPolicy policy;
        const RefreshFacts facts{family, {generation, static_cast<std::uint8_t>(attempt)}, issued + 1h, policy};
        EXPECT_FALSE(decide(facts).name.empty());
      }
}

TEST(RefreshRules, table_in_the_docs_is_the_table_in_the_code) {
  auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();  // somewhere below the source folder
  while (!std::filesystem::exists(folder / "docs" / "refresh.md") && folder != folder.root_path())
    folder = folder.parent_path();
  std::stringstream text;
  text << std::ifstream(folder / "docs" / "refresh.md").rdbuf();
  EXPECT_NE(text.str().find(print_refresh_rules()), std::string::npos) << "docs/refresh.md must hold exactly:\n"
                                                                       << print_refresh_rules();
}

}  // namespace
}  // namespace latchkey::identity
