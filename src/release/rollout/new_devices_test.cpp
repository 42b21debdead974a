#include "release/rollout/new_devices.h"

#include <gtest/gtest.h>

namespace latchkey::release {
namespace {

using namespace std::chrono_literals;

const Instant start = from_unix_seconds(1'800'000'000);
http::Address address(const char* text) { return *http::Address::parse(text); }

TEST(NewDevices, an_address_has_a_budget_that_comes_back) {
  NewDevices devices({.of_address = {3, 10s}});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(devices.admit(address("192.0.2.1"), start));
  EXPECT_FALSE(devices.admit(address("192.0.2.1"), start));
  EXPECT_TRUE(devices.admit(address("192.0.2.2"), start)) << "another address has its own";
  EXPECT_TRUE(devices.admit(address("192.0.2.1"), start + 10s));
  EXPECT_FALSE(devices.admit(address("192.0.2.1"), start + 10s));
}

TEST(NewDevices, a_subscriber_of_ipv6_is_one_address) {
  NewDevices devices({.of_address = {1, 10s}});
  EXPECT_TRUE(devices.admit(address("2001:db8::1"), start));
  EXPECT_FALSE(devices.admit(address("2001:db8::2"), start));
  EXPECT_TRUE(devices.admit(address("2001:db8:0:1::1"), start));
}

TEST(NewDevices, who_has_a_network_does_not_have_the_budget_of_all_its_addresses) {
  NewDevices devices({.of_address = {2, 10s}, .of_network = {3, 1s}});
  EXPECT_TRUE(devices.admit(address("192.0.2.1"), start));
  EXPECT_TRUE(devices.admit(address("192.0.2.2"), start));
  EXPECT_TRUE(devices.admit(address("192.0.2.3"), start));
  EXPECT_FALSE(devices.admit(address("192.0.2.4"), start));
  EXPECT_TRUE(devices.admit(address("192.0.3.4"), start)) << "another network has its own";
  EXPECT_TRUE(devices.admit(address("192.0.2.5"), start + 1s));
}

TEST(NewDevices, what_an_address_is_refused_is_not_taken_from_its_neighbours) {
  NewDevices devices({.of_address = {1, 10s}, .of_network = {3, 1s}});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(devices.admit(address("2001:db8::1"), start), i == 0);
  EXPECT_TRUE(devices.admit(address("2001:db8:0:1::1"), start));
  EXPECT_TRUE(devices.admit(address("2001:db8:0:2::1"), start));
  EXPECT_FALSE(devices.admit(address("2001:db8:0:3::1"), start));
}

TEST(NewDevices, a_clock_set_back_locks_nobody_out) {
  NewDevices devices({.of_address = {1, 10s}});
  EXPECT_TRUE(devices.admit(address("192.0.2.1"), start + 24h));
  EXPECT_TRUE(devices.admit(address("192.0.2.1"), start));
}

TEST(NewDevices, a_request_that_was_overtaken_starts_nothing_anew) {
  NewDevices devices({.of_address = {1, 10s}});
  EXPECT_TRUE(devices.admit(address("192.0.2.1"), start + 1ms));
  EXPECT_FALSE(devices.admit(address("192.0.2.1"), start));
  EXPECT_FALSE(devices.admit(address("192.0.2.1"), start + 1ms));
}

TEST(NewDevices, counts_a_bounded_number_of_addresses) {
  NewDevices devices({.of_address = {1, 10s}, .addresses = 2});
  EXPECT_TRUE(devices.admit(address("192.0.2.1"), start));
  EXPECT_TRUE(devices.admit(address("192.0.2.2"), start));
  EXPECT_TRUE(devices.admit(address("192.0.2.3"), start));
}

}  // namespace
}  // namespace latchkey::release
