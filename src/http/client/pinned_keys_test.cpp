#include "http/client/pinned_keys.h"

#include <gtest/gtest.h>

namespace latchkey::http {
namespace {

constexpr const char* key = "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";     // of no bytes
constexpr const char* backup = "sha256//ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";  // of "abc"

Code code_of(std::vector<HostPins> hosts) {
  const auto keys = PinnedKeys::create(hosts);
  return keys ? Code::internal : keys.error().code;
}

TEST(PinnedKeys, a_host_with_a_backup_is_pinned_whatever_its_case) {
  const auto keys = PinnedKeys::create({{"API.Example.com", {key, backup}}});
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->pins_of("api.example.COM"), std::string(key) + ";" + backup);
}

TEST(PinnedKeys, other_hosts_are_not_pinned) {
  const auto keys = PinnedKeys::create({{"api.example.com", {key, backup}}});
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->pins_of("example.com"), "");
  EXPECT_EQ(keys->pins_of("api.example.com.evil.test"), "");
}

TEST(PinnedKeys, an_empty_pin_set_is_a_configuration_error) {
  EXPECT_EQ(code_of({{"api.example.com", {}}}), Code::configuration_invalid);
}

TEST(PinnedKeys, a_pin_without_a_backup_is_refused) {
  EXPECT_EQ(code_of({{"api.example.com", {key}}}), Code::configuration_invalid);
}

TEST(PinnedKeys, the_same_pin_twice_is_no_backup) {
  EXPECT_EQ(code_of({{"api.example.com", {key, key}}}), Code::configuration_invalid);
}

TEST(PinnedKeys, a_host_named_twice_is_refused) {
  EXPECT_EQ(code_of({{"a.test", {key, backup}}, {"A.test", {key, backup}}}), Code::configuration_invalid);
}

TEST(PinnedKeys, a_nameless_host_is_refused) { EXPECT_EQ(code_of({{"", {key, backup}}}), Code::configuration_invalid); }

TEST(KeyPin, malformed_pins_are_refused) {
  for (const char* bad : {"", "sha256//", "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                          "sha1//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                          "sha256//47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",    // the URL alphabet
                          "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",     // no padding
                          "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",    // stray bits
                          "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;"})  // a second pin smuggled in
    EXPECT_FALSE(KeyPin::parse(bad)) << bad;
}

TEST(KeyPin, is_the_base64_sha256_of_the_public_key) {
  EXPECT_EQ(KeyPin::of_public_key(as_bytes("abc")).text(), backup);
}

}  // namespace
}  // namespace latchkey::http
