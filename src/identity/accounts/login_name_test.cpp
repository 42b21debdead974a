#include "identity/accounts/login_name.h"

#include <gtest/gtest.h>

namespace latchkey::identity {
namespace {

TEST(LoginName, spaces_around_and_case_do_not_matter) {
  EXPECT_EQ(normalise_login_name("  Ada@Example.ORG\t"), "ada@example.org");
}
TEST(LoginName, full_width_and_ligature_spellings_are_the_same_name) {
  EXPECT_EQ(normalise_login_name("\xEF\xBC\xA1"
                                 "da"),
            "ada");
  EXPECT_EQ(normalise_login_name("o\xEF\xAC\x83"
                                 "ce"),
            "office");
}
TEST(LoginName, refuses_what_cannot_be_a_name) {
  for (const std::string_view typed : {std::string_view(""), std::string_view("  "), std::string_view("a b"),
                                       std::string_view("a\nb"), std::string_view("a\0b", 3), std::string_view("\xFF")})
    EXPECT_FALSE(normalise_login_name(typed));
  EXPECT_FALSE(normalise_login_name(std::string(255, 'a')));
  EXPECT_TRUE(normalise_login_name(std::string(254, 'a')));
}

}  // namespace
}  // namespace latchkey::identity
