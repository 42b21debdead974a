#include "protocol/release/object_plan.h"

#include <gtest/gtest.h>

#include "tests/support/sample_release.h"

namespace latchkey::protocol::release {
namespace {

using latchkey::testing::sample_object;
using latchkey::testing::sample_release;
using latchkey::testing::sample_root;
using Indices = std::vector<std::size_t>;

// The release's tree is 9: a full object (0), patches from 8 (1) and 6 (2), and older ones 7->8 (3), 5->6 (4), 4->6
// (5).
ReleaseDescriptor release() {
  ReleaseDescriptor release = sample_release();
  release.objects = {sample_object(0x80, 5'000'000),    sample_object(0x81, 10'000, 8),
                     sample_object(0x82, 400'000, 6),   sample_object(0x83, 20'000, 7, 8),
                     sample_object(0x84, 30'000, 5, 6), sample_object(0x85, 900'000, 4, 6)};
  return release;
}

Indices path_from(std::uint8_t root, PlanOptions options = {}) {
  const std::vector<TreeRoot> trees{sample_root(root)};
  return plan_objects(release(), {.trees = trees}, options)->objects;
}

TEST(ObjectPlans, take_the_direct_patch) { EXPECT_EQ(path_from(8), Indices{1}); }
TEST(ObjectPlans, chain_patches_when_that_is_cheaper) {
  EXPECT_EQ(path_from(7), (Indices{3, 1}));
  EXPECT_EQ(path_from(5), (Indices{4, 2}));
}
TEST(ObjectPlans, fall_back_to_the_full_bundle) {
  EXPECT_EQ(path_from(77), Indices{0});
  EXPECT_EQ(plan_objects(release(), {})->objects, Indices{0});
}
TEST(ObjectPlans, need_nothing_when_the_tree_is_there) {
  const std::vector<TreeRoot> trees{sample_root(9)};
  EXPECT_EQ(*plan_objects(release(), {.trees = trees}), ObjectPlan{});
}

TEST(ObjectPlans, start_from_the_best_tree_there_is) {
  const std::vector<TreeRoot> trees{sample_root(4), sample_root(8)};
  EXPECT_EQ(plan_objects(release(), {.trees = trees})->objects, Indices{1});
}

TEST(ObjectPlans, tell_what_is_to_download) {
  const std::vector<TreeRoot> trees{sample_root(7)};
  const auto all = release();
  EXPECT_EQ(plan_objects(all, {.trees = trees})->bytes, all.objects[3].length + all.objects[1].length);
}

TEST(ObjectPlans, step_down_when_objects_fail) {
  const auto all = release();
  const std::vector<TreeRoot> trees{sample_root(8), sample_root(7)};
  std::vector<ObjectId> failed{all.objects[1].id};
  EXPECT_EQ(plan_objects(all, {.trees = trees, .excluded = failed})->objects, Indices{0});
  failed.push_back(all.objects[0].id);
  EXPECT_EQ(plan_objects(all, {.trees = trees, .excluded = failed}).error().code, Code::not_found);
}

TEST(ObjectPlans, an_object_that_is_here_costs_no_download) {
  const auto all = release();
  const std::vector<TreeRoot> trees{sample_root(6)};
  const std::vector<ObjectId> here{all.objects[0].id};
  const auto plan = plan_objects(all, {.trees = trees, .available = here});
  EXPECT_EQ(plan->objects, Indices{0});
  EXPECT_EQ(plan->bytes, 0U);
}

TEST(ObjectPlans, leave_out_what_needs_too_much_memory) {
  auto all = release();
  all.objects[1].memory = 100 << 20;
  const std::vector<TreeRoot> trees{sample_root(8)};
  EXPECT_EQ(plan_objects(all, {.trees = trees}, {.memory = 40 << 20})->objects, Indices{0});
  EXPECT_EQ(plan_objects(all, {.trees = trees}, {.memory = 1}).error().code, Code::not_found);
}

TEST(ObjectPlans, every_hop_has_its_price) {
  EXPECT_EQ(path_from(4), (Indices{5, 2}));
  EXPECT_EQ(path_from(4, {.bytes_per_hop = 10'000'000}), Indices{0});
}

TEST(ObjectPlans, circles_do_not_matter) {
  auto all = release();
  all.objects.push_back(sample_object(0x90, 10, 8, 7));
  all.objects.push_back(sample_object(0x91, 10, 7, 6));
  all.objects.push_back(sample_object(0x92, 10, 6, 8));
  const std::vector<TreeRoot> trees{sample_root(6)};
  EXPECT_EQ(plan_objects(all, {.trees = trees})->objects, (Indices{8, 1}));
}

TEST(ObjectPlans, lengths_up_to_the_limits_do_not_overflow) {
  auto all = release();
  const std::vector<TreeRoot> trees{sample_root(8)};
  EXPECT_EQ(plan_objects(all, {.trees = trees}, {.bytes_per_hop = std::uint64_t{1} << 40})->objects, Indices{1});
}

}  // namespace
}  // namespace latchkey::protocol::release
