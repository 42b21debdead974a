#include "release/rollout/new_devices.h"

#include <gtest/gtest.h>

namespace latchkey::release {
namespace {

using namespace std::chrono_literals;

const Instant start = from_unix_seconds(1'800'000'000);
http::Address address(const char* text) { return *http::Address::parse(text); }

TEST(NewDevices, an_address_has_a_budget_that_comes_back) {
  NewDevices devices({.burst = 3, .interval = 10s});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(devices.admit(address("192.0.2.1"), start));
  EXPECT_FALSE(devices.admit(address("192.0.2.1"), start));
  EXPECT_TRUE(devices.admit(address("192.0.2.2"), start)) << "another address has its own";
  EXPECT_TRUE(devices.admit(address("192.0.2.1"), start + 10s));
  EXPECT_FALSE(devices.admit(address("192.0.2.1"), start + 10s));
}

TEST(NewDevices, a_subscriber_of_ipv6_is_one_address) {
  NewDevices devices({.burst = 1, .interval = 10s});
  EXPECT_TRUE(devices.admit(address("2001:db8::1"), start));
  EXPECT_FALSE(devices.admit(address("2001:db8::2"), start));
  EXPECT_TRUE(devices.admit(address("2001:db8:0:1::1"), start));
}

TEST(NewDevices, a_clock_set_back_locks_nobody_out) {
  NewDevices devices({.burst = 1, .interval = 10s});
  EXPECT_TRUE(devices.admit(address("192.0.2.1"), start + 24h));
  EXPECT_TRUE(devices.admit(address("192.0.2.1"), start));
}

TEST(NewDevices, counts_a_bounded_number_of_addresses) {
  NewDevices devices({.burst = 1, .interval = 10s, .addresses = 2});
  EXPECT_TRUE(devices.admit(address("192.0.2.1"), start));
  EXPECT_TRUE(devices.admit(address("192.0.2.2"), start));
  EXPECT_TRUE(devices.admit(address("192.0.2.3"), start));
}

}  // namespace
}  // namespace latchkey::release
