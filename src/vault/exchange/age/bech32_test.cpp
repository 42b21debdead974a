#include "vault/exchange/age/bech32.h"

#include <gtest/gtest.h>

namespace latchkey::vault::age {
namespace {

// BIP 173, "Test vectors", those that are whole bytes, and the limit of 90 characters lifted.
TEST(Bech32, reads_and_writes_the_vectors_of_bip_173) {
  for (const std::string_view text :
       {"a12uel5l", "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs"}) {
    const auto parsed = parse_bech32(text);
    ASSERT_TRUE(parsed.has_value()) << text;
    EXPECT_EQ(to_bech32(parsed->prefix, parsed->bytes), text);
  }
  EXPECT_TRUE(parse_bech32("A12UEL5L")->is_upper_case);
  EXPECT_EQ(parse_bech32("A12UEL5L")->prefix, "a");
}

TEST(Bech32, refuses_what_bip_173_refuses) {
  for (const std::string_view text :
       {" 1nwldj5", "\1771axkwrx", "\2001eym55h", "pzry9x0s0muk", "1pzry9x0s0muk", "x1b4n0q5v", "li1dgmt3",
        "de1lg7wt\xff", "A1G7SGD8", "10a06t8", "1qzzfhee", "a12UEL5L", "A12uEL5L", "", "1", "a1"})
    EXPECT_EQ(parse_bech32(text).error().code, Code::invalid_format) << text;
}

TEST(Bech32, refuses_stray_bits_and_incomplete_bytes) {
  // One group of five bits is no byte: "a" with the data part "q".
  EXPECT_FALSE(parse_bech32("a1qajpr2x").has_value());
  const WipedString good = to_bech32("age", Bytes(32, 7));
  for (std::size_t at = 0; at < good.size(); ++at)
    for (const char c : std::string_view("qpzry9x8gf2tvdw0s3jn54khce6mua7l1b")) {
      WipedString bad = good;
      bad[at] = c;
      if (bad != good) EXPECT_FALSE(parse_bech32(bad).has_value()) << at;
    }
}

TEST(Bech32, every_length_survives) {
  for (std::size_t size = 0; size <= 40; ++size) {
    const Bytes bytes(size, 0xa5);
    const auto parsed = parse_bech32(to_bech32("x", bytes));
    ASSERT_TRUE(parsed.has_value()) << size;
    EXPECT_TRUE(std::ranges::equal(parsed->bytes, bytes));
  }
}

}  // namespace
}  // namespace latchkey::vault::age
