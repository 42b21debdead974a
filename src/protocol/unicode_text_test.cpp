#include "protocol/unicode_text.h"

#include <gtest/gtest.h>

namespace latchkey::protocol {
namespace {

constexpr std::string_view composed = "caf\xC3\xA9", decomposed = "cafe\xCC\x81";

std::string composed_text(std::string_view text) {
  const auto secret = compose_secret(text);
  return secret ? std::string(secret->begin(), secret->end()) : "refused";
}

TEST(UnicodeText, a_secret_is_the_same_from_every_keyboard) {
  EXPECT_EQ(composed_text(composed), composed);
  EXPECT_EQ(composed_text(decomposed), composed);
  EXPECT_EQ(composed_text("Four Words Of It"), "Four Words Of It");
}

TEST(UnicodeText, the_most_that_one_character_becomes_has_room) {
  const std::string_view three_marks = "\xE1\xBE\x82";  // alpha with psili, varia and ypogegrammeni: four code points
  std::string many;
  for (int i = 0; i < 300; ++i) many += three_marks;
  EXPECT_EQ(composed_text(many), many);
}

TEST(UnicodeText, what_is_no_text_is_refused) {
  for (const std::string_view text : {"", "\xFF", "\xED\xA0\x80", "\xCD\xB8"}) {  // U+0378 is unassigned
    EXPECT_EQ(compose_secret(text).error().code, Code::invalid_format);
    EXPECT_EQ(fold_compatible(text).error().code, Code::invalid_format);
  }
}

TEST(UnicodeText, names_that_look_the_same_fold_to_one) {
  EXPECT_EQ(*fold_compatible("Ada"), "ada");
  EXPECT_EQ(*fold_compatible("\xEF\xBC\xA1\x64\x61"), "ada");  // FULLWIDTH LATIN CAPITAL LETTER A
  EXPECT_EQ(fold_compatible(composed), fold_compatible(decomposed));
}

}  // namespace
}  // namespace latchkey::protocol
