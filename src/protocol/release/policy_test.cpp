#include "protocol/release/policy.h"

#include "protocol/limits/release.h"

#include <gtest/gtest.h>

namespace latchkey::protocol::release {
namespace {

const std::string policy_text =
    R"({"_type":"latchkey-policy","app":"org.example","channel":"stable","issued":"2026-11-21T00:00:00Z","releases":[)"
    R"({"bps":100,"halted":false,"id":"00112233445566778899aabbccddeeff","paused":false,"reason":""},)"
    R"({"bps":10000,"halted":true,"id":"ffeeddccbbaa99887766554433221100","paused":false,"reason":"2 % crash"}]})";

std::string with_policy_changed(std::string_view from, std::string_view to) {
  std::string changed = policy_text;
  return changed.replace(changed.find(from), from.size(), to);
}

TEST(Policy, what_is_read_is_printed_again) {
  const auto policy = parse_policy(policy_text);
  ASSERT_TRUE(policy) << to_string(policy.error());
  EXPECT_EQ(print_policy(*policy), policy_text);
  const auto* const entry = policy->find(*parse_release_id("ffeeddccbbaa99887766554433221100"));
  ASSERT_NE(entry, nullptr);
  EXPECT_TRUE(entry->halted);
}

TEST(Policy, mistakes_are_refused) {
  const std::pair<std::string_view, std::string_view> changes[] = {
      {"latchkey-policy", "latchkey-release"},
      {R"("app":"org.example")", R"("app":"")"},
      {R"("channel":"stable")", R"("channel":"*")"},
      {"00:00:00Z", "00:00:00.5Z"},
      {R"("bps":100,)", R"("bps":10001,)"},
      {R"("bps":100,)", R"("bps":1e2,)"},
      {R"("bps":100,)", ""},
      {R"("paused":false)", R"("paused":null)"},
      {"ffeeddccbbaa99887766554433221100", "00112233445566778899aabbccddeeff"},
      {"ffeeddccbbaa99887766554433221100", "FFeeddccbbaa99887766554433221100"},
      {"2 % crash", "2\\u001b"},
      {R"("releases":)", R"("until":1,"releases":)"},
  };
  for (const auto& [from, to] : changes) EXPECT_FALSE(parse_policy(with_policy_changed(from, to))) << to;
}

TEST(Policy, speaks_of_a_bounded_number_of_releases) {
  Policy policy{.app = "a", .channel = "c", .issued = {}, .releases = {}};
  const auto add = [&policy](std::uint8_t n) {
    ByteArray<16> id{};
    id[0] = n;
    policy.releases.push_back({.id = ReleaseId(id), .reason = std::string(200, 'x')});
  };
  for (std::uint8_t n = 0; n < limits::policy_releases; ++n) add(n);
  EXPECT_TRUE(parse_policy(print_policy(policy))) << "the widest policy is within the limits";
  add(255);
  EXPECT_FALSE(check_policy(policy));
  EXPECT_FALSE(parse_policy(print_policy(policy)));
}

}  // namespace
}  // namespace latchkey::protocol::release
