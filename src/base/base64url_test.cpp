#include "base/base64url.h"

#include <gtest/gtest.h>

namespace latchkey {
namespace {

TEST(Base64Url, every_byte_comes_back) {
  Bytes bytes;
  for (int i = 0; i < 256; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(i * 7));
    EXPECT_EQ(parse_base64url(to_base64url(bytes)), bytes);
  }
}

// RFC 4648 section 10, without padding; RFC 7515 appendix C.
TEST(Base64Url, matches_the_published_vectors) {
  EXPECT_EQ(to_base64url(as_bytes("")), "");
  EXPECT_EQ(to_base64url(as_bytes("f")), "Zg");
  EXPECT_EQ(to_base64url(as_bytes("fo")), "Zm8");
  EXPECT_EQ(to_base64url(as_bytes("foobar")), "Zm9vYmFy");
  EXPECT_EQ(to_base64url(Bytes{3, 236, 255, 224, 193}), "A-z_4ME");
}

class Refused : public ::testing::TestWithParam<const char*> {};
TEST_P(Refused, is_an_invalid_format) { EXPECT_EQ(parse_base64url(GetParam()).error().code, Code::invalid_format); }
INSTANTIATE_TEST_SUITE_P(Base64Url, Refused,
                         ::testing::Values("Zg==", "Zg=", "Z", "Zm9vY", "Zm 8", "Zm8\n", "+m8A", "/m8A", "Zh", "Zm9",
                                           "Z\xc3g"));

TEST(Base64Url, a_foreign_character_is_seen_wherever_it_stands) {
  for (std::size_t size : {2U, 3U, 4U, 6U, 7U, 8U})
    for (std::size_t at = 0; at < size; ++at)
      for (int c = 0; c < 256; ++c) {
        std::string text(size, 'A');
        text[at] = static_cast<char>(c);
        const bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        const auto bytes = parse_base64url(text);
        if (!is_letter && c != '-' && c != '_')
          EXPECT_FALSE(bytes) << c;
        else if (bytes)
          EXPECT_EQ(to_base64url(*bytes), text);
        else
          EXPECT_EQ(at + 1, size) << "stray bits stand in the last character";
      }
}

TEST(Base64Url, appends_to_what_is_there) {
  std::string text = "a.";
  append_base64url(text, as_bytes("foobar"));
  WipedString wiped = "b.";
  append_base64url(wiped, as_bytes("foob"));
  EXPECT_EQ(text, "a.Zm9vYmFy");
  EXPECT_EQ(wiped, "b.Zm9vYg");
}

TEST(Base64Url, decoding_into_a_buffer_wants_the_exact_size) {
  ByteArray<3> three{};
  EXPECT_TRUE(parse_base64url_into("Zm9v", three));
  EXPECT_FALSE(parse_base64url_into("Zm8", three));
}

}  // namespace
}  // namespace latchkey
