#include "vault/sealed_values.h"

#include <gtest/gtest.h>

namespace latchkey::vault {
namespace {

EntryView entry_at(std::uint64_t part, std::uint64_t sequence = 1, std::uint32_t generation = 1) {
  EntryView entry;
  entry.part = part;
  entry.sequence = sequence;
  entry.generation = generation;
  return entry;
}

TEST(SealedValues, gives_back_what_was_kept_of_that_write_only) {
  SealedValues values;
  values.keep(entry_at(1), Bytes{7});
  ASSERT_NE(values.find(entry_at(1)), nullptr);
  EXPECT_EQ(*values.find(entry_at(1)), Bytes{7});
  EXPECT_EQ(values.find(entry_at(2)), nullptr);
  EXPECT_EQ(values.find(entry_at(1, 2)), nullptr);
  EXPECT_EQ(values.find(entry_at(1, 1, 2)), nullptr);
}

TEST(SealedValues, a_later_write_takes_the_place_of_an_earlier_one) {
  SealedValues values;
  values.keep(entry_at(1), Bytes{7});
  values.keep(entry_at(1, 2), Bytes{8});
  EXPECT_EQ(values.find(entry_at(1)), nullptr);
  EXPECT_EQ(*values.find(entry_at(1, 2)), Bytes{8});
}

TEST(SealedValues, keeps_a_bounded_number_of_bytes) {
  SealedValues values;
  constexpr std::uint64_t many = 3'000;
  for (std::uint64_t part = 1; part <= many; ++part) values.keep(entry_at(part), Bytes(1'024));
  std::uint64_t found = 0;
  for (std::uint64_t part = 1; part <= many; ++part) found += values.find(entry_at(part)) != nullptr ? 1 : 0;
  EXPECT_EQ(found, 2'048U);
}

TEST(SealedValues, leaves_large_ones_to_the_store) {
  SealedValues values;
  values.keep(entry_at(1), Bytes(5'000));
  EXPECT_EQ(values.find(entry_at(1)), nullptr);
}

TEST(SealedValues, clear_forgets_all) {
  SealedValues values;
  values.keep(entry_at(1), Bytes{7});
  values.clear();
  EXPECT_EQ(values.find(entry_at(1)), nullptr);
}

}  // namespace
}  // namespace latchkey::vault
