#include "http/address.h"

#include <gtest/gtest.h>

namespace latchkey::http {
namespace {

Address address(std::string_view text) { return Address::parse(text).value(); }
AddressRange range(std::string_view text) { return AddressRange::parse(text).value(); }

TEST(Address, prints_what_it_read_in_canonical_form) {
  EXPECT_EQ(to_string(address("192.0.2.1")), "192.0.2.1");
  EXPECT_EQ(to_string(address("2001:DB8:0:0::1")), "2001:db8::1");
  EXPECT_EQ(to_string(address("::ffff:192.0.2.1")), "192.0.2.1");
}

TEST(Address, mapped_and_plain_v4_are_equal) { EXPECT_EQ(address("::ffff:10.1.2.3"), address("10.1.2.3")); }

TEST(Address, refuses_everything_else) {
  for (const char* text :
       {"", " ", "1.2.3", "1.2.3.4.5", "01.2.3.4x", "256.1.1.1", "[::1]", "::1%lo", "1.2.3.4:80", "::g", "localhost",
        "1.2.3.4 ", "0x7f000001", "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc"})
    EXPECT_FALSE(Address::parse(text)) << text;
  EXPECT_FALSE(Address::parse(std::string_view("1.2.3.4\0", 8)));
}

TEST(Address, loopback_of_both_families) {
  EXPECT_TRUE(address("127.0.0.1").is_loopback());
  EXPECT_TRUE(address("127.255.1.1").is_loopback());
  EXPECT_TRUE(address("::1").is_loopback());
  EXPECT_FALSE(address("128.0.0.1").is_loopback());
  EXPECT_FALSE(address("::2").is_loopback());
  EXPECT_FALSE(Address().is_loopback());
}

TEST(Address, public_are_those_of_the_internet) {
  for (const char* text : {"1.1.1.1", "8.8.8.8", "172.15.255.255", "172.32.0.1", "100.63.0.1", "192.0.1.1",
                           "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8"})
    EXPECT_TRUE(address(text).is_public()) << text;
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.1",
                           "100.64.0.1",
                           "127.0.0.1",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.8",
                           "192.0.2.1",
                           "192.168.1.1",
                           "198.19.0.1",
                           "198.51.100.7",
                           "203.0.113.7",
                           "224.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:169.254.169.254",
                           "::ffff:127.0.0.1",
                           "::7f00:1",
                           "64:ff9b::7f00:1",
                           "64:ff9b:1::1",
                           "100::1",
                           "2001::1",
                           "2001:db8::1",
                           "2002:7f00:1::",
                           "3fff::1",
                           "fc00::1",
                           "fd00:ec2::254",
                           "fe80::1",
                           "fec0::1",
                           "ff02::1",
                           "4000::1"})
    EXPECT_FALSE(address(text).is_public()) << text;
}

TEST(Address, a_network_is_a_v4_24_or_a_v6_48) {
  EXPECT_EQ(address("192.0.2.7").network(), address("192.0.2.0"));
  EXPECT_TRUE(address("192.0.2.7").network().is_v4());
  EXPECT_NE(address("192.0.3.7").network(), address("192.0.2.7").network());
  EXPECT_EQ(address("2001:db8:1:2:3:4:5:6").network(), address("2001:db8:1::"));
  EXPECT_NE(address("2001:db8:1::1").network(), address("2001:db8:2::1").network());
}

TEST(Address, a_subscriber_is_one_v4_address_or_a_v6_64) {
  EXPECT_EQ(address("192.0.2.7").subscriber(), address("192.0.2.7"));
  EXPECT_EQ(address("2001:db8:1:2:3:4:5:6").subscriber(), address("2001:db8:1:2::"));
  EXPECT_NE(address("2001:db8:1:2::1").subscriber(), address("2001:db8:1:3::1").subscriber());
}

TEST(AddressRange, contains_what_shares_the_prefix) {
  EXPECT_TRUE(range("10.0.0.0/8").contains(address("10.255.0.1")));
  EXPECT_FALSE(range("10.0.0.0/8").contains(address("11.0.0.1")));
  EXPECT_TRUE(range("fd00::/8").contains(address("fd12::1")));
  EXPECT_FALSE(range("fd00::/8").contains(address("10.0.0.1")));
  EXPECT_TRUE(range("192.0.2.1").contains(address("192.0.2.1")));
  EXPECT_FALSE(range("192.0.2.1").contains(address("192.0.2.2")));
  EXPECT_TRUE(range("0.0.0.0/0").contains(address("8.8.8.8")));
  EXPECT_FALSE(range("0.0.0.0/0").contains(address("2001:db8::1")));
  EXPECT_TRUE(range("192.0.2.128/25").contains(address("192.0.2.129")));
  EXPECT_FALSE(range("192.0.2.128/25").contains(address("192.0.2.127")));
}

TEST(AddressRange, refuses_stray_bits_and_bad_prefixes) {
  for (const char* text : {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "/8", "fd00::1/8",
                           "fd00::/129", "10.0.0.0/ 8"})
    EXPECT_FALSE(AddressRange::parse(text)) << text;
}

}  // namespace
}  // namespace latchkey::http
