#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>

namespace latchkey {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return fail(Code::invalid_argument, "odd");
  return n / 2;
}

Result<int> quarter(int n) {
  TRY(const int once, half(n));
  TRY(const int twice, half(once));
  return twice;
}

Result<std::unique_ptr<int>> boxed(int n) {
  TRY(auto value, half(n));
  return std::make_unique<int>(value);
}

Status check_even(int n) {
  TRY_DO(half(n));
  return {};
}

TEST(Result, try_hands_the_value_on) { EXPECT_EQ(quarter(8), 2); }

TEST(Result, try_returns_the_first_error) {
  EXPECT_EQ(quarter(6).error(), (Error{Code::invalid_argument, "odd"}));
  EXPECT_FALSE(check_even(3));
  EXPECT_TRUE(check_even(4));
}

TEST(Result, values_may_be_move_only) {
  auto box = boxed(4);
  ASSERT_TRUE(box);
  EXPECT_EQ(**box, 2);
}

TEST(ErrorCodes, numbers_are_unique_and_sentences_are_not_empty) {
  std::set<std::int32_t> numbers;
#define X(name, number, sentence)             \
  EXPECT_TRUE(numbers.insert(number).second); \
  EXPECT_FALSE(std::string_view(sentence).empty());
#include "base/error_codes.def"
#undef X
}

// Frozen: programs in three languages compare against these numbers.
TEST(ErrorCodes, released_numbers_stay) {
  EXPECT_EQ(static_cast<int>(Code::vault_locked), 100);
  EXPECT_EQ(static_cast<int>(Code::key_invalidated), 104);
  EXPECT_EQ(static_cast<int>(Code::invalid_grant), 201);
  EXPECT_EQ(static_cast<int>(Code::storage_failed), 400);
}

TEST(ErrorCodes, print_as_a_sentence) {
  EXPECT_EQ(to_string({Code::vault_locked, "idle"}), "vault_locked: the vault is locked; unlock it first (idle)");
}

}  // namespace
}  // namespace latchkey
