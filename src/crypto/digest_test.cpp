#include "crypto/digest.h"

#include <gtest/gtest.h>

namespace latchkey::crypto {
namespace {

// NIST CAVP and FIPS 180-4 examples.
constexpr const char* of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr const char* of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* of_two_blocks = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";

TEST(Sha256, matches_the_published_examples) {
  EXPECT_EQ(to_hex(sha256({})), of_nothing);
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))), of_abc);
  EXPECT_EQ(to_hex(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))), of_two_blocks);
}

TEST(Sha256, a_million_times_a_in_uneven_pieces) {
  const std::string text(1'000'000, 'a');
  Sha256 hash;
  for (std::size_t at = 0, size = 1; at < text.size(); at += size, size = size * 2 % 8191 + 1)
    hash.update(as_bytes(std::string_view(text).substr(at, size)));
  EXPECT_EQ(to_hex(hash.finish()), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, finish_begins_the_next_message) {
  Sha256 hash;
  hash.update(as_bytes("abc"));
  EXPECT_EQ(to_hex(hash.finish()), of_abc);
  EXPECT_EQ(to_hex(hash.finish()), of_nothing);
  hash.update(as_bytes("abc"));
  EXPECT_EQ(to_hex(hash.finish()), of_abc);
}

}  // namespace
}  // namespace latchkey::crypto
