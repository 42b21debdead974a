#include "crypto/hkdf.h"

#include <gtest/gtest.h>

#include "crypto/hmac.h"

namespace latchkey::crypto {
namespace {

using Root = Secret<struct RootTag>;
using Child = Secret<struct ChildTag>;

TEST(Hkdf, matches_rfc_5869_test_case_3) {  // empty salt and info
  ByteArray<42> out;
  ASSERT_TRUE(hkdf_sha256(Bytes(22, 0x0b), {}, {}, out));
  EXPECT_EQ(to_hex(out), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(Hkdf, refuses_sizes_it_cannot_make) {
  Bytes out(hkdf_sha256_max_size + 1);
  const Bytes key(32);
  EXPECT_EQ(hkdf_sha256(key, {}, {}, out).error().code, Code::invalid_argument);
  EXPECT_EQ(hkdf_sha256(key, {}, {}, {}).error().code, Code::invalid_argument);
  EXPECT_EQ(hkdf_sha256({}, {}, {}, out).error().code, Code::invalid_argument);
}

TEST(Derive, is_one_expansion_of_label_zero_context) {
  const Root root = Root::copy_of(Bytes(32, 1));
  const HmacTag extracted = hmac_sha256(Bytes(32), root.reveal());  // RFC 5869 section 2.2, salt of zeroes
  using namespace std::string_view_literals;
  const HmacTag expected = hmac_sha256(extracted, as_bytes("latchkey/v1/record\0id-7\1"sv));
  const auto child = derive<ChildTag>(root, "latchkey/v1/record", as_bytes("id-7"));
  EXPECT_EQ(to_hex(child.reveal()), to_hex(expected));
}

TEST(Derive, label_and_context_tell_keys_apart) {
  const Root root = Root::copy_of(Bytes(32, 1));
  const auto hex = [&](std::string_view label, std::string_view context) {
    return to_hex(derive<ChildTag>(root, label, as_bytes(context)).reveal());
  };
  EXPECT_EQ(hex("a", "b"), hex("a", "b"));
  EXPECT_NE(hex("a", "b"), hex("a", "c"));
  EXPECT_NE(hex("a", "b"), hex("ab", ""));
  EXPECT_EQ(derive<ChildTag>(root, "a", {}, 64).size(), 64u);
}

}  // namespace
}  // namespace latchkey::crypto
