#include "crypto/argon2id.h"

#include <gtest/gtest.h>

#include "crypto/constant_time.h"

namespace latchkey::crypto {
namespace {

// phc-winner-argon2, src/test.c.
constexpr const char* one_lane = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
constexpr const char* two_lanes =
    "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";

using Pin = Secret<struct PinTag>;
using Key = Secret<struct KeyTag>;

bool parses(std::string_view text) { return PasswordHash::parse(text).has_value(); }

TEST(Argon2id, verifies_hashes_of_the_reference_implementation) {
  for (const char* text : {one_lane, two_lanes}) {
    const PasswordHash stored = *PasswordHash::parse(text);
    EXPECT_TRUE(*verify_password(as_bytes("password"), stored)) << text;
    EXPECT_FALSE(*verify_password(as_bytes("Password"), stored)) << text;
  }
}

TEST(Argon2id, a_key_depends_on_passcode_salt_and_cost) {
  const auto derive = [](std::string_view pin, std::uint8_t salt, Argon2Cost cost) {
    return *argon2id<KeyTag>(Pin::copy_of(pin), Bytes(16, salt), cost);
  };
  const Key key = derive("1234", 1, {8, 1});
  EXPECT_EQ(key.size(), 32u);
  EXPECT_TRUE(equal(key, derive("1234", 1, {8, 1})));
  EXPECT_FALSE(equal(key, derive("1235", 1, {8, 1})));
  EXPECT_FALSE(equal(key, derive("1234", 2, {8, 1})));
  EXPECT_FALSE(equal(key, derive("1234", 1, {16, 1})));
  EXPECT_FALSE(equal(key, derive("1234", 1, {8, 2})));
}

TEST(Argon2id, costs_and_sizes_out_of_bounds_are_refused) {
  Bytes out(32);
  const auto refusal = [&](std::size_t password, std::size_t salt, Argon2Cost cost) {
    return argon2id_into(Bytes(password), Bytes(salt), cost, out).error().code;
  };
  EXPECT_EQ(refusal(1, 15, argon2_min_cost), Code::invalid_argument);
  EXPECT_EQ(refusal(1, 16, {7, 1}), Code::invalid_argument);
  EXPECT_EQ(refusal(1, 16, {8, 0}), Code::invalid_argument);
  EXPECT_EQ(refusal(1, 16, {argon2_max_memory_kib + 1, 1}), Code::invalid_argument);
  EXPECT_EQ(refusal(1, 16, {8, argon2_max_passes + 1}), Code::invalid_argument);
  EXPECT_EQ(refusal(max_password_size + 1, 16, argon2_min_cost), Code::input_too_large);
}

TEST(PasswordHash, comes_back_from_its_text) {
  const PasswordHash made = *hash_password(as_bytes("correct horse"), argon2_min_cost);
  const PasswordHash read = *PasswordHash::parse(made.print());
  EXPECT_TRUE(*verify_password(as_bytes("correct horse"), read));
  EXPECT_FALSE(*verify_password(as_bytes("correct horsf"), read));
  EXPECT_FALSE(*verify_password({}, read));
  EXPECT_TRUE(made.print().starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
}

TEST(PasswordHash, two_hashes_of_one_password_differ) {
  EXPECT_NE(hash_password(as_bytes("x"), argon2_min_cost)->print(),
            hash_password(as_bytes("x"), argon2_min_cost)->print());
}

TEST(PasswordHash, has_one_text) {
  const std::string good = one_lane;
  ASSERT_TRUE(parses(good));
  EXPECT_FALSE(parses(""));
  EXPECT_FALSE(parses("$argon2id$v=19$m=256,t=2,p=1$$nf65EOgLrQMR/uIPnA4rEg")) << "no salt";
  EXPECT_FALSE(parses("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$")) << "no hash";
  EXPECT_FALSE(parses(good + " "));
  EXPECT_FALSE(parses(good + "="));
  EXPECT_FALSE(parses(good.substr(1)));
  EXPECT_FALSE(parses("$argon2id$v=19$m=0256,t=2,p=1" + good.substr(29)));
  EXPECT_FALSE(parses("$argon2id$v=19$m=+256,t=2,p=1" + good.substr(28)));
  EXPECT_FALSE(parses("$argon2id$v=16" + good.substr(14)));
  EXPECT_FALSE(parses("$argon2i$v=19" + good.substr(14)));
  EXPECT_FALSE(parses("$argon2id$v=19$t=2,m=256,p=1" + good.substr(28)));
  std::string stray_bits = good;
  stray_bits.back() = '5';  // the last character carries two bits only
  EXPECT_FALSE(parses(stray_bits));
}

TEST(PasswordHash, asks_for_no_more_than_the_limits) {
  const std::string tail = "$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
  const auto with = [&](std::string_view cost) { return parses("$argon2id$v=19$" + std::string(cost) + tail); };
  EXPECT_TRUE(with("m=65536,t=4,p=8"));
  EXPECT_TRUE(with("m=16384,t=16,p=1"));
  EXPECT_FALSE(with("m=65536,t=5,p=1")) << "memory times passes";
  EXPECT_FALSE(with("m=65537,t=1,p=1"));
  EXPECT_FALSE(with("m=1048576,t=1,p=1"));
  EXPECT_FALSE(with("m=256,t=17,p=1"));
  EXPECT_FALSE(with("m=4294967295,t=4294967295,p=1"));
  EXPECT_FALSE(with("m=256,t=1,p=9"));
  EXPECT_FALSE(with("m=256,t=1,p=0"));
  EXPECT_FALSE(with("m=256,t=0,p=1"));
  EXPECT_FALSE(with("m=15,t=1,p=2"));
  EXPECT_FALSE(with("m=99999999999,t=1,p=1"));
  EXPECT_FALSE(parses("$argon2id$v=19$m=256,t=2,p=1$c29tZQ$nf65EOgLrQMR/uIPnA4rEg")) << "a salt of four bytes";
}

TEST(PasswordHash, whoever_imports_a_dear_one_is_told_why_it_is_refused) {
  const auto why = [](std::string_view cost) {
    return PasswordHash::parse("$argon2id$v=19$" + std::string(cost) + "$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEg").error();
  };
  EXPECT_EQ(why("m=1048576,t=1,p=1").code, Code::unsupported);
  EXPECT_EQ(why("m=1048576,t=1,p=1").detail, "the hash costs more than 64 MiB, or than 256 MiB times passes");
  EXPECT_EQ(why("m=x,t=1,p=1").detail, "not an Argon2id hash");
  PasswordHash dear{{password_hash_max_memory_kib + 1, 1}, 1, Bytes(16), Bytes(32)};
  EXPECT_EQ(verify_password(as_bytes("x"), dear).error().code, Code::invalid_argument) << "however it came about";
}

TEST(PasswordHash, is_made_again_when_the_policy_changed) {
  const PasswordHash made = *hash_password(as_bytes("x"), argon2_min_cost);
  EXPECT_FALSE(needs_rehash(made, argon2_min_cost));
  EXPECT_TRUE(needs_rehash(made, {16, 1}));
  EXPECT_TRUE(needs_rehash(made, {8, 2}));
  EXPECT_TRUE(needs_rehash(*PasswordHash::parse(two_lanes), {256, 2}));
}

}  // namespace
}  // namespace latchkey::crypto
