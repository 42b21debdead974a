#include "identity/checks/refused_tokens.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace latchkey::identity {
namespace {

using namespace std::chrono_literals;

http::Address address(std::string_view text) { return *http::Address::parse(text); }

class RefusedTokensTest : public ::testing::Test {
 protected:
  void count(const http::Address& from, int times) {
    for (int i = 0; i < times; ++i) tokens_.count(from, now_);
  }
  std::optional<std::chrono::seconds> wait_of(const http::Address& from) { return tokens_.find_wait(from, now_); }

  RefusedTokens tokens_{{.burst = 5, .refill_interval = 10s, .addresses = 64}};
  Instant now_ = from_unix_millis(1'800'000'000'000);
  const http::Address office_ = address("192.0.2.1"), home_ = address("192.0.2.2");
};

TEST_F(RefusedTokensTest, nobody_waits_before_the_budget_is_used_up) {
  EXPECT_FALSE(wait_of(office_));
  count(office_, 4);
  EXPECT_FALSE(wait_of(office_));
  count(office_, 1);
  EXPECT_EQ(wait_of(office_), 10s);
}

TEST_F(RefusedTokensTest, another_address_has_a_budget_of_its_own) {
  count(office_, 5);
  EXPECT_FALSE(wait_of(home_));
}

TEST_F(RefusedTokensTest, an_ipv6_network_counts_as_one_address) {
  count(address("2001:db8:0:1::1"), 3);
  count(address("2001:db8:0:1:ffff::2"), 2);
  EXPECT_TRUE(wait_of(address("2001:db8:0:1::3")));
  EXPECT_FALSE(wait_of(address("2001:db8:0:2::1")));
}

TEST_F(RefusedTokensTest, the_budget_comes_back_one_by_one) {
  count(office_, 5);
  now_ += 9500ms;
  EXPECT_EQ(wait_of(office_), 1s) << "whole seconds, never too few";
  now_ += 500ms;
  EXPECT_FALSE(wait_of(office_));
  count(office_, 1);
  EXPECT_EQ(wait_of(office_), 10s);
  now_ += 50s;
  count(office_, 4);
  EXPECT_FALSE(wait_of(office_)) << "full again, and not fuller than full";
  count(office_, 1);
  EXPECT_TRUE(wait_of(office_));
}

TEST_F(RefusedTokensTest, requests_already_under_way_do_not_lengthen_the_wait) {
  count(office_, 500);
  EXPECT_EQ(wait_of(office_), 10s);
}

TEST_F(RefusedTokensTest, requests_that_were_overtaken_reset_nothing) {
  count(office_, 5);
  for (int i = 0; i < 20; ++i) {
    tokens_.count(office_, now_ + std::chrono::milliseconds(i));
    EXPECT_TRUE(wait_of(office_)) << i;
    count(office_, 1);
    EXPECT_TRUE(tokens_.find_wait(office_, now_ + std::chrono::milliseconds(i))) << i;
  }
}

TEST_F(RefusedTokensTest, a_clock_that_stepped_back_locks_nobody_out) {
  count(office_, 5);
  now_ -= 24h;
  EXPECT_FALSE(wait_of(office_));
  count(office_, 5);
  EXPECT_EQ(wait_of(office_), 10s);
}

TEST_F(RefusedTokensTest, more_addresses_than_are_kept_are_forgotten_not_piled_up) {
  for (int i = 0; i < 1'000; ++i) count(address("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250)), 5);
  int waiting = 0;
  for (int i = 0; i < 1'000; ++i)
    waiting += wait_of(address("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250))) ? 1 : 0;
  EXPECT_GT(waiting, 0);
  EXPECT_LE(waiting, 64);
}

TEST_F(RefusedTokensTest, threads_count_together) {
  std::vector<std::thread> threads;
  threads.reserve(5);
  for (int i = 0; i < 5; ++i) threads.emplace_back([this] { tokens_.count(office_, now_); });
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(wait_of(office_));
}

}  // namespace
}  // namespace latchkey::identity
