#include "crypto/scrypt.h"

#include <gtest/gtest.h>

namespace latchkey::crypto {
namespace {

std::string derived(std::string_view passphrase, std::string_view salt, const ScryptCost& cost) {
  ByteArray<64> out{};
  const Status done = scrypt(as_bytes(passphrase), as_bytes(salt), cost, out);
  return done ? to_hex(out) : to_string(done.error());
}

// RFC 7914 section 12.
TEST(Scrypt, matches_the_vectors_of_rfc_7914) {
  EXPECT_EQ(derived("", "", {4, 1, 1}),
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
            "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906");
  EXPECT_EQ(derived("password", "NaCl", {10, 8, 16}),
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
            "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640");
  EXPECT_EQ(derived("pleaseletmein", "SodiumChloride", {14, 8, 1}),
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
            "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887");
}

TEST(Scrypt, refuses_costs_nobody_means) {
  ByteArray<32> out{};
  for (const ScryptCost& cost : {ScryptCost{0}, ScryptCost{25}, ScryptCost{10, 0}, ScryptCost{10, 33},
                                 ScryptCost{10, 8, 0}, ScryptCost{10, 8, 65}})
    EXPECT_EQ(scrypt({}, {}, cost, out).error().code, Code::invalid_argument);
  EXPECT_EQ(scrypt({}, {}, {10}, {}).error().code, Code::invalid_argument);
}

}  // namespace
}  // namespace latchkey::crypto
