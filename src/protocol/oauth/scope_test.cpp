#include "protocol/oauth/scope.h"

#include <gtest/gtest.h>

#include "protocol/limits.h"

namespace latchkey::protocol::oauth {
namespace {

TEST(Scope, is_a_set) {
  const auto scope = Scope::parse("profile openid profile");
  ASSERT_TRUE(scope);
  EXPECT_EQ(scope->print(), "openid profile");
  EXPECT_TRUE(scope->has("openid"));
  EXPECT_FALSE(scope->has("open"));
  EXPECT_EQ(*scope, *Scope::parse("openid profile"));
  EXPECT_TRUE(Scope::parse("")->is_empty());
}

TEST(Scope, compares_and_intersects) {
  const Scope wide = *Scope::parse("a b c"), narrow = *Scope::parse("c a"), other = *Scope::parse("a d");
  EXPECT_TRUE(narrow.is_subset_of(wide));
  EXPECT_FALSE(wide.is_subset_of(narrow));
  EXPECT_FALSE(other.is_subset_of(wide));
  EXPECT_TRUE(Scope().is_subset_of(wide));
  EXPECT_EQ(wide.intersection(other).print(), "a");
}

TEST(Scope, refuses_foreign_characters_and_odd_spaces) {
  for (const std::string_view text : {" a", "a ", "a  b", "a\tb", "a\"b", "a\\b", "\xC3\xA9", "a\nb", " "})
    EXPECT_EQ(Scope::parse(text).error().code, Code::invalid_scope) << text;
}

TEST(Scope, is_bounded) {
  EXPECT_FALSE(Scope::parse(std::string(limits::scope_bytes + 1, 'a')));
  std::string many = "a";
  for (std::size_t i = 0; i < limits::scope_tokens; ++i) many += " a";
  EXPECT_FALSE(Scope::parse(many));
}

}  // namespace
}  // namespace latchkey::protocol::oauth
