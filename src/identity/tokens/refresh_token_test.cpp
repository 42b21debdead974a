#include "identity/tokens/refresh_token.h"

#include <gtest/gtest.h>

namespace latchkey::identity {
namespace {

Family a_family() {
  Family family;
  family.id.fill(0x11);
  family.salt.fill(0x22);
  family.client = ClientId("app");
  family.generation = 7;
  family.attempt = 1;
  return family;
}

RefreshTokenKeys keys_with(std::uint8_t id, std::uint8_t fill) {
  RefreshTokenKeys keys;
  ByteArray<32> key;
  key.fill(fill);
  keys.add(id, key);
  return keys;
}

TEST(RefreshToken, says_which_family_generation_and_attempt) {
  const auto keys = keys_with(3, 0x33);
  const auto text = keys.issue(a_family(), {7, 1});
  const auto parsed = parse_refresh_token(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(text.size(), 66U);
  EXPECT_EQ(parsed->key_id, 3);
  EXPECT_EQ(parsed->family, a_family().id);
  EXPECT_EQ(parsed->token.generation, 7U);
  EXPECT_EQ(parsed->token.attempt, 1);
  EXPECT_TRUE(keys.verify(*parsed, a_family()));
}

TEST(RefreshToken, is_the_same_text_every_time) {
  const auto keys = keys_with(3, 0x33);
  EXPECT_EQ(keys.issue(a_family(), {7, 1}), keys.issue(a_family(), {7, 1}));
  EXPECT_NE(keys.issue(a_family(), {7, 1}), keys.issue(a_family(), {7, 0}));
  EXPECT_NE(keys.issue(a_family(), {7, 1}), keys.issue(a_family(), {8, 1}));
}

TEST(RefreshToken, tag_covers_everything_that_names_the_family) {
  const auto keys = keys_with(3, 0x33);
  const auto parsed = parse_refresh_token(keys.issue(a_family(), {7, 1}));
  ASSERT_TRUE(parsed);
  auto other = a_family();
  other.salt[0] ^= 1;
  EXPECT_FALSE(keys.verify(*parsed, other));
  other = a_family();
  other.client = ClientId("apq");
  EXPECT_FALSE(keys.verify(*parsed, other));
  other = a_family();
  other.key_thumbprint = "thumbprint";
  EXPECT_FALSE(keys.verify(*parsed, other));
  other.client = ClientId("appt");  // the text moved from the thumbprint to the client id
  other.key_thumbprint = "humbprint";
  EXPECT_FALSE(keys.verify(*parsed, other));
  EXPECT_FALSE(keys_with(3, 0x34).verify(*parsed, a_family())) << "another server key";
  EXPECT_FALSE(keys_with(4, 0x33).verify(*parsed, a_family())) << "unknown key id";
}

TEST(RefreshToken, every_altered_character_is_refused) {
  const auto keys = keys_with(3, 0x33);
  const auto text = keys.issue(a_family(), {7, 1});
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto altered = text;
    altered[i] = altered[i] == 'A' ? 'B' : 'A';
    const auto parsed = parse_refresh_token(altered);
    auto family = a_family();
    if (parsed) family.id = parsed->family;  // the row would not be found; the tag must not fit either
    EXPECT_FALSE(parsed && keys.verify(*parsed, family)) << i;
  }
}

TEST(RefreshToken, other_forms_are_refused) {
  const auto text = keys_with(3, 0x33).issue(a_family(), {7, 1});
  for (const WipedString& wrong : {WipedString(), WipedString("rt1_"), text + "A", text.substr(0, text.size() - 1),
                                   text + "=", WipedString("rt2_") + text.substr(4), WipedString(" ") + text}) {
    ASSERT_FALSE(parse_refresh_token(wrong));
    EXPECT_EQ(parse_refresh_token(wrong).error().code, Code::invalid_grant);
  }
}

TEST(RefreshToken, tokens_of_an_earlier_key_still_verify) {
  auto keys = keys_with(1, 0x33);
  const auto old = keys.issue(a_family(), {7, 1});
  keys.add(2, as_bytes("another key of thirty-two bytes!"));
  EXPECT_NE(keys.issue(a_family(), {7, 1}), old);
  EXPECT_TRUE(keys.verify(*parse_refresh_token(old), a_family()));
}

}  // namespace
}  // namespace latchkey::identity
