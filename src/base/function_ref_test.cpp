#include "base/function_ref.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace latchkey {
namespace {

int call_with_two(const FunctionRef<int(int)>& work) { return work(2); }
int twice_of(int number) { return 2 * number; }

TEST(FunctionRef, calls_what_it_refers_to_and_not_a_copy) {
  int calls = 0;
  const auto count = [&calls, own = 0](int by) mutable { return calls += by, own += by; };
  auto counting = count;
  EXPECT_EQ(call_with_two(counting), 2);
  EXPECT_EQ(call_with_two(counting), 4);
  EXPECT_EQ(calls, 4);
}

TEST(FunctionRef, takes_functions_and_what_cannot_be_copied) {
  EXPECT_EQ(call_with_two(twice_of), 4);
  EXPECT_EQ(call_with_two([kept = std::make_unique<int>(5)](int number) { return *kept + number; }), 7);
}

TEST(FunctionRef, hands_over_what_it_is_given) {
  const auto take = [](std::unique_ptr<int> taken) { return *taken; };
  const FunctionRef<int(std::unique_ptr<int>)> work(take);
  EXPECT_EQ(work(std::make_unique<int>(7)), 7);
}

}  // namespace
}  // namespace latchkey
