#include "publish/link_plan.h"

#include <gtest/gtest.h>

#include "protocol/limits.h"
#include "protocol/release/object_plan.h"
#include "tests/support/sample_release.h"

namespace latchkey::publish {
namespace {

using latchkey::testing::sample_object;
using latchkey::testing::sample_release;
using latchkey::testing::sample_root;
using release::ReleaseDescriptor;
using release::TreeRoot;

std::vector<TreeRoot> roots(std::initializer_list<int> numbers) {
  std::vector<TreeRoot> all;
  for (const int number : numbers) all.push_back(sample_root(static_cast<std::uint8_t>(number)));
  return all;
}

std::vector<ReleaseDescriptor> history_of(std::initializer_list<int> trees) {
  std::vector<ReleaseDescriptor> history;
  for (const int tree : trees) {
    history.push_back(sample_release());
    history.back().tree.root = sample_root(static_cast<std::uint8_t>(tree));
    history.back().sequence = history.size();
  }
  return history;
}

TEST(LinkPlans, link_to_1_2_4_and_8_releases_back) {
  const auto history = history_of({1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  EXPECT_EQ(plan_links(sample_root(11), {.history = history}), roots({10, 9, 7, 3}));
  const auto two = history_of({1, 2});
  EXPECT_EQ(plan_links(sample_root(3), {.history = two}), roots({2, 1}));
  EXPECT_EQ(plan_links(sample_root(3), {}), roots({}));
}

TEST(LinkPlans, add_what_devices_have_and_what_ships_inside_apps) {
  const auto history = history_of({1, 2});
  const auto used = roots({2, 9, 3, 8}), embedded = roots({7, 1, 9});
  EXPECT_EQ(plan_links(sample_root(3), {.history = history, .most_used = used, .embedded = embedded}),
            roots({2, 1, 9, 8, 7}));
}

// A release that brings an earlier tree back has it in its history.
TEST(LinkPlans, never_start_from_the_target_and_count_each_tree_once) {
  const auto history = history_of({1, 2, 1, 3});
  EXPECT_EQ(plan_links(sample_root(2), {.history = history}), roots({3, 1}));
}

TEST(LinkPlans, are_bounded) {
  std::vector<TreeRoot> many;
  for (int i = 0; i < 100; ++i) many.push_back(sample_root(static_cast<std::uint8_t>(100 + i)));
  const auto links = plan_links(sample_root(1), {.most_used = many, .embedded = std::span(many).last(50)});
  EXPECT_EQ(links.size(), max_most_used + max_embedded);
}

// Ten releases of which each links 1, 2, 4 and 8 back: the last one's descriptor leads there from each.
TEST(LinkPlans, carried_links_keep_every_release_within_reach) {
  std::vector<ReleaseDescriptor> history;
  std::uint8_t next_object = 100;
  for (int number = 1; number <= 10; ++number) {
    ReleaseDescriptor release = sample_release();
    release.tree.root = sample_root(static_cast<std::uint8_t>(number));
    release.objects = {sample_object(next_object++, 5'000'000)};
    for (const TreeRoot& base : plan_links(release.tree.root, {.history = history})) {
      release.objects.push_back(sample_object(next_object++, 10'000, base[0]));
    }
    std::vector<TreeRoot> starts;
    for (const auto& earlier : history) starts.push_back(earlier.tree.root);
    if (!history.empty())
      for (auto& object : carry_links(history.back(), release, starts)) release.objects.push_back(std::move(object));
    EXPECT_TRUE(release::check_release(release));
    history.push_back(std::move(release));
  }
  for (int number = 1; number < 10; ++number) {
    const auto start = roots({number});
    const auto plan = *release::plan_objects(history.back(), {.trees = start});
    EXPECT_LE(plan.objects.size(), 3U) << number;
    EXPECT_LT(plan.bytes, 100'000U) << number;
  }
  EXPECT_LT(history.back().objects.size(), 20U);
}

TEST(LinkPlans, links_that_help_nobody_are_left_out) {
  ReleaseDescriptor previous = sample_release(), next = sample_release();
  previous.objects.push_back(sample_object(0x90, 100, 3, 4));
  next.tree.root = sample_root(10);
  next.objects = {sample_object(0xA0, 5'000'000), sample_object(0xA1, 100, 9)};
  const auto nobody = roots({9});
  EXPECT_TRUE(carry_links(previous, next, nobody).empty());
  const auto somebody = roots({8});
  const auto carried = carry_links(previous, next, somebody);
  ASSERT_EQ(carried.size(), 1U);
  EXPECT_EQ(carried[0].id, previous.objects[1].id);
  EXPECT_EQ(carried[0].target, sample_root(9));
}

TEST(LinkPlans, a_release_that_restores_an_earlier_tree_carries_nothing_that_leads_to_it_twice) {
  ReleaseDescriptor previous = sample_release(), next = sample_release();
  previous.objects.push_back(sample_object(0x90, 100, 7, 8));
  next.tree.root = sample_root(8);
  next.objects = {sample_object(0xA0, 5'000'000), sample_object(0xA1, 100, 9)};
  for (const auto& object : carry_links(previous, next, roots({7, 9}))) next.objects.push_back(object);
  EXPECT_TRUE(release::check_release(next));
}

}  // namespace
}  // namespace latchkey::publish
