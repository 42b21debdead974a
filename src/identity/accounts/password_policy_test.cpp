#include "identity/accounts/password_policy.h"

#include <gtest/gtest.h>

namespace latchkey::identity {
namespace {

Status check(std::string_view typed, std::string_view login_name = "ada@example.org") {
  TRY(const Password password, normalise_password(typed));
  return check_new_password(password, login_name);
}

TEST(PasswordPolicy, a_phrase_of_fifteen_characters_is_enough) { EXPECT_TRUE(check("wolf under jam ")); }
TEST(PasswordPolicy, fourteen_characters_are_too_few) { EXPECT_FALSE(check("wolf under jam")); }
TEST(PasswordPolicy, characters_are_counted_not_bytes) { EXPECT_FALSE(check("ёжёжёжёёжёжёж")); }
TEST(PasswordPolicy, no_kinds_of_characters_are_demanded) { EXPECT_TRUE(check("lampzebraquietfrog")); }

TEST(PasswordPolicy, both_spellings_of_an_accent_are_one_password) {
  const auto composed = normalise_password("caf\xC3\xA9 in the rain");
  const auto decomposed = normalise_password("cafe\xCC\x81 in the rain");
  ASSERT_TRUE(composed && decomposed);
  EXPECT_EQ(composed->reveal_text(), decomposed->reveal_text());
}

TEST(PasswordPolicy, a_byte_more_than_1024_is_refused) {
  EXPECT_TRUE(normalise_password(std::string(1024, 'x')));
  EXPECT_FALSE(normalise_password(std::string(1025, 'x')));
}

TEST(PasswordPolicy, nul_invalid_utf8_and_nothing_are_refused) {
  EXPECT_FALSE(normalise_password(std::string_view("a long password\0 with more", 26)));
  EXPECT_FALSE(normalise_password("a long password \xFF with more"));
  EXPECT_FALSE(normalise_password("overlong \xC0\xAF and surrogate \xED\xA0\x80"));
  EXPECT_FALSE(normalise_password(""));
}

TEST(PasswordPolicy, first_guesses_are_refused) {
  for (const std::string_view guess :
       {"aaaaaaaaaaaaaaaa", "abcabcabcabcabcabc", "123456789012345", "987654321098765", "Password1234567!",
        "CorrectHorseBatteryStaple", "passwordpassword", "qwertyuiopasdfgh", "admin-admin-admin-1"})
    EXPECT_FALSE(check(guess)) << guess;
}

TEST(PasswordPolicy, the_login_name_is_no_password) {
  EXPECT_FALSE(check("ada.lovelace@example.org", "ada.lovelace@example.org"));
  EXPECT_FALSE(check("xmargaret.hamiltonx1", "margaret.hamilton@example.org"));
  EXPECT_TRUE(check("ada likes the quiet sea"));
}

}  // namespace
}  // namespace latchkey::identity
