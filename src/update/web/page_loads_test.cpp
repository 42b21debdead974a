#include "update/web/page_loads.h"

#include <gtest/gtest.h>

#include "protocol/limits.h"
#include "tests/support/update/test_bundles.h"

namespace latchkey::update::web {
namespace {

std::shared_ptr<const RunningBundle> bundle(int version) {
  return std::make_shared<const RunningBundle>(
      RunningBundle{std::nullopt, testing::tree_of(testing::version(version))});
}

TEST(PageLoads, a_token_is_handed_out_once) {
  PageLoads loads;
  const PageLoad load = loads.add(bundle(1), LoadToken("token"));
  EXPECT_EQ(loads.take_token(load.id), LoadToken("token"));
  EXPECT_EQ(loads.take_token(load.id), std::nullopt);
  EXPECT_EQ(loads.take_token("nobody"), std::nullopt);
}

TEST(PageLoads, a_cookie_speaks_for_files_and_not_for_the_page) {
  PageLoads loads;
  const auto first = bundle(1), second = bundle(2);
  const PageLoad old = loads.add(first, LoadToken("a")), current = loads.add(second, LoadToken("b"));
  EXPECT_EQ(loads.find_pinned(old.pin), first);
  EXPECT_EQ(loads.find_pinned(current.pin), second);
  EXPECT_EQ(loads.find_pinned(current.id), nullptr);
  EXPECT_FALSE(loads.find(current.pin).has_value());
  EXPECT_EQ(loads.take_token(current.pin), std::nullopt);
}

TEST(PageLoads, somebody_looks_while_any_page_of_the_running_bundle_is_seen) {
  PageLoads loads;
  const auto running = bundle(2);
  const TreeRoot root = running->tree.root();
  const PageLoad old = loads.add(bundle(1), LoadToken("a"));
  EXPECT_FALSE(loads.is_any_seen(root)) << "which is about to leave";
  const PageLoad first = loads.add(running, LoadToken("b")), second = loads.add(running, LoadToken("c"));
  EXPECT_TRUE(loads.set_hidden(second.id, true, root));
  EXPECT_TRUE(loads.is_any_seen(root));
  EXPECT_TRUE(loads.set_hidden(first.id, true, root));
  EXPECT_FALSE(loads.is_any_seen(root));
  EXPECT_TRUE(loads.set_hidden(second.id, false, root));
  EXPECT_TRUE(loads.is_any_seen(root));
  EXPECT_FALSE(loads.set_hidden(old.id, false, root));
  EXPECT_FALSE(loads.set_hidden("nobody", false, root));
}

TEST(PageLoads, the_oldest_are_forgotten) {
  PageLoads loads;
  const PageLoad first = loads.add(bundle(1), LoadToken("a"));
  for (std::size_t i = 1; i < protocol::limits::page_loads; ++i) loads.add(bundle(1), LoadToken("b"));
  EXPECT_TRUE(loads.find(first.id).has_value());
  loads.add(bundle(1), LoadToken("c"));
  EXPECT_FALSE(loads.find(first.id).has_value());
}

}  // namespace
}  // namespace latchkey::update::web
