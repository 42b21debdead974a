#include "identity/login/tried_passwords.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace latchkey::identity {
namespace {

using namespace std::chrono_literals;

const Instant spray_start = from_unix_seconds(1'700'000'000);
const Password sprayed = Password::copy_of(std::string_view("summer in the city"));
const Password another = Password::copy_of(std::string_view("winter in the country"));

TEST(TriedPasswords, one_that_was_wrong_too_often_waits_and_others_do_not) {
  TriedPasswords tried({.burst = 3, .refill_interval = 1min});
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(tried.take(sprayed, spray_start)) << i;
  EXPECT_EQ(tried.take(sprayed, spray_start), 60s);
  EXPECT_FALSE(tried.take(another, spray_start));
  EXPECT_FALSE(tried.take(sprayed, spray_start + 1min)) << "one more each minute";
  EXPECT_EQ(tried.take(sprayed, spray_start + 1min), 60s);
  EXPECT_FALSE(tried.take(sprayed, spray_start + 1h));
}

TEST(TriedPasswords, right_ones_are_given_back_and_no_more_than_was_taken) {
  TriedPasswords tried({.burst = 3, .refill_interval = 1min});
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(tried.take(sprayed, spray_start)) << i;
    tried.give_back(sprayed);
  }
  tried.give_back(sprayed);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(tried.take(sprayed, spray_start)) << i;
  EXPECT_TRUE(tried.take(sprayed, spray_start));
}

TEST(TriedPasswords, attempts_that_were_overtaken_reset_nothing) {
  TriedPasswords tried({.burst = 3, .refill_interval = 1min});
  int admitted = 0;
  for (int i = 0; i < 60; ++i) {
    const Instant arrived = spray_start + std::chrono::milliseconds(i % 2 == 0 ? i : -i);
    admitted += tried.take(sprayed, arrived) ? 0 : 1;
  }
  EXPECT_EQ(admitted, 3);
  EXPECT_TRUE(tried.take(sprayed, spray_start - 30s));
  EXPECT_FALSE(tried.take(sprayed, spray_start + 61s));
  EXPECT_TRUE(tried.take(sprayed, spray_start + 30s)) << "one that waited long";
  EXPECT_TRUE(tried.take(sprayed, spray_start + 62s));
}

TEST(TriedPasswords, threads_that_try_at_once_share_what_there_is) {
  TriedPasswords tried({.burst = 30, .refill_interval = 1min});
  std::atomic<int> admitted = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&tried, &admitted, thread] {
      for (int i = 0; i < 100; ++i)
        admitted += tried.take(sprayed, spray_start + std::chrono::milliseconds(thread * 7 - i)) ? 0 : 1;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(admitted, 30);
}

TEST(TriedPasswords, floods_of_different_passwords_keep_no_other_out) {
  TriedPasswords tried;
  for (int i = 0; i < 100'000; ++i)
    tried.take(Password::copy_of(std::string_view("password " + std::to_string(i))), spray_start);
  EXPECT_FALSE(tried.take(another, spray_start));
}

TEST(TriedPasswords, a_clock_that_steps_back_keeps_nobody_out) {
  TriedPasswords tried({.burst = 3, .refill_interval = 1min});
  for (int i = 0; i < 3; ++i) tried.take(sprayed, spray_start);
  EXPECT_FALSE(tried.take(sprayed, spray_start - 1h));
}

TEST(TriedPasswords, another_process_counts_elsewhere) {
  TriedPasswords tried({.burst = 1, .refill_interval = 1min});
  TriedPasswords other({.burst = 1, .refill_interval = 1min});
  tried.take(sprayed, spray_start);
  EXPECT_TRUE(tried.take(sprayed, spray_start));
  EXPECT_FALSE(other.take(sprayed, spray_start));
}

}  // namespace
}  // namespace latchkey::identity
