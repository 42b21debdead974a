#include "patch/name_order.h"

#include <gtest/gtest.h>

#include "patch/test_trees.h"

namespace latchkey::patch {
namespace {

Name pack(std::string_view letters) {
  Name name = 0;
  for (std::size_t i = 0; i < letters.size(); ++i)
    name |= static_cast<Name>(static_cast<unsigned char>(letters[i])) << (8 * i);
  return name;
}

std::vector<Name> handed_out(std::uint32_t count) {
  std::vector<Name> names;
  for (std::uint32_t i = 0; i < count; ++i) names.push_back(pack(test::short_name(i)));
  return names;
}

TEST(NameOrder, is_learnt_from_names_in_the_order_they_were_handed_out) {
  NameOrder order;
  order.learn(handed_out(6000));
  for (std::uint32_t i = 54; i + 3 < 6000; i += 7)
    EXPECT_EQ(order.at(order.rank(pack(test::short_name(i))) + 1), pack(test::short_name(i + 1)))
        << test::short_name(i);
}

TEST(NameOrder, rank_and_name_undo_each_other) {
  NameOrder order;
  order.learn(handed_out(3000));
  for (std::int32_t rank = 0; rank < 200'000; rank += 31) EXPECT_EQ(order.rank(order.at(rank)), rank);
}

TEST(NameOrder, is_unknown_with_few_names_and_beyond_three_letters) {
  NameOrder order;
  order.learn(handed_out(100));
  EXPECT_EQ(order.rank(pack("aa")), -1);
  EXPECT_EQ(order.at(3), 0U);
  order.learn(handed_out(3000));
  EXPECT_EQ(order.at(-1), 0U);
  EXPECT_EQ(order.at(0x7FFFFFFF), 0U);
  EXPECT_EQ(order.rank(0), -1);
}

}  // namespace
}  // namespace latchkey::patch
