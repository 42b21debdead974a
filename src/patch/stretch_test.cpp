#include "patch/stretch.h"

#include <gtest/gtest.h>

#include "patch/limits.h"
#include "patch/test_trees.h"

namespace latchkey::patch {
namespace {

constexpr std::size_t mebi = 1U << 20;
constexpr std::size_t close_by = 64U << 10;

TEST(Stretch, is_where_most_of_the_piece_was) {
  const std::string source = test::noise(12 * mebi, 5);
  const StretchFinder finder(as_bytes(source));
  const std::string piece = test::noise(mebi, 6) + source.substr(7 * mebi, 3 * mebi);
  const std::size_t found = finder.find(as_bytes(piece), 0);
  EXPECT_LE(found, 7 * mebi);
  EXPECT_GE(found + limits::piece_bytes + close_by, 10 * mebi);
}

TEST(Stretch, is_at_the_same_place_if_nothing_tells) {
  const std::string source = test::noise(9 * mebi, 5);
  const std::string piece = test::noise(mebi, 6);
  const StretchFinder finder(as_bytes(source));
  EXPECT_EQ(finder.find(as_bytes(piece), 2 * mebi), 2 * mebi);
  EXPECT_EQ(finder.find(as_bytes(piece), 20 * mebi), source.size() - limits::piece_bytes);
}

TEST(Stretch, of_a_small_source_is_all_of_it) {
  const std::string source = test::noise(mebi, 5);
  EXPECT_EQ(StretchFinder(as_bytes(source)).find(as_bytes(source), 4 * mebi), 0U);
}

}  // namespace
}  // namespace latchkey::patch
