#include "vault/exchange/age/keys.h"

#include <gtest/gtest.h>

#include "protocol/limits/vault.h"
#include "vault/exchange/age/bech32.h"

namespace latchkey::vault::age {
namespace {

// age-encryption.org/v1, "The X25519 recipient type".
constexpr std::string_view example_identity =
    "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
constexpr std::string_view example_recipient = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

TEST(AgeKeys, matches_the_example_of_the_specification) {
  const auto identity = parse_identity(example_identity);
  ASSERT_TRUE(identity.has_value());
  EXPECT_EQ(print_recipient(identity->public_key()), example_recipient);
  EXPECT_EQ(std::string_view(print_identity(*identity)), example_identity);
  EXPECT_EQ(*parse_recipient(example_recipient), identity->public_key());
}

TEST(AgeKeys, a_key_has_one_text_form) {
  std::string other(example_recipient);
  for (char& c : other) c = static_cast<char>(std::toupper(c));
  EXPECT_EQ(parse_recipient(other).error().code, Code::invalid_argument);
  other = example_identity;
  for (char& c : other) c = static_cast<char>(std::tolower(c));
  EXPECT_EQ(parse_identity(other).error().code, Code::invalid_format);
  EXPECT_FALSE(parse_recipient(std::string(example_recipient) + " ").has_value());
  EXPECT_FALSE(parse_recipient(example_identity).has_value());
  EXPECT_FALSE(parse_identity(example_recipient).has_value());
  EXPECT_FALSE(parse_recipient(to_bech32("age", Bytes(31, 1))).has_value());
  EXPECT_FALSE(parse_recipient(to_bech32("agf", Bytes(32, 1))).has_value());
}

TEST(AgeKeys, a_recipient_of_low_order_is_refused) {
  Bytes one(32);
  one[0] = 1;
  for (const Bytes& point : {Bytes(32), one})
    EXPECT_EQ(parse_recipient(to_bech32("age", point)).error().code, Code::invalid_argument);
}

TEST(AgeKeys, reads_what_age_keygen_writes) {
  const std::string text = "# created: 2026-01-01T00:00:00Z\n# public key: " + std::string(example_recipient) + "\n" +
                           std::string(example_identity) + "\n\n" + std::string(example_identity) + "\r\n";
  const auto identities = parse_identity_file(text);
  ASSERT_TRUE(identities.has_value());
  EXPECT_EQ(identities->size(), 2U);
}

TEST(AgeKeys, an_identity_file_with_anything_else_is_refused_by_line_and_without_its_contents) {
  const auto refused = parse_identity_file("# fine\nAGE-SECRET-KEY-1NOTAKEY\n");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().detail, "identity file, line 2");
  EXPECT_EQ(parse_identity_file("# nothing\n").error().code, Code::invalid_format);
  std::string many;
  for (std::size_t i = 0; i <= protocol::limits::age_identities; ++i) many += std::string(example_identity) + "\n";
  EXPECT_EQ(parse_identity_file(many).error().code, Code::input_too_large);
  EXPECT_EQ(parse_identity_file(std::string(protocol::limits::age_identity_file_bytes + 1, '\n')).error().code,
            Code::input_too_large);
}

}  // namespace
}  // namespace latchkey::vault::age
