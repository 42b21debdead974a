#include "identity/login/tried_passwords.h"

#include <gtest/gtest.h>

namespace latchkey::identity {
namespace {

using namespace std::chrono_literals;

const Instant spray_start = from_unix_seconds(1'700'000'000);
const Password sprayed = Password::copy_of(std::string_view("summer in the city"));
const Password another = Password::copy_of(std::string_view("winter in the country"));

TEST(TriedPasswords, one_that_was_wrong_too_often_waits_and_others_do_not) {
  TriedPasswords tried({.burst = 3, .refill_interval = 1min});
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(tried.find_wait(sprayed, spray_start)) << i;
    tried.count(sprayed, spray_start);
  }
  EXPECT_EQ(tried.find_wait(sprayed, spray_start), 60s);
  EXPECT_FALSE(tried.find_wait(another, spray_start));
  EXPECT_FALSE(tried.find_wait(sprayed, spray_start + 1min)) << "one more each minute";
  tried.count(sprayed, spray_start + 1min);
  EXPECT_EQ(tried.find_wait(sprayed, spray_start + 1min), 60s);
  EXPECT_FALSE(tried.find_wait(sprayed, spray_start + 1h));
}

TEST(TriedPasswords, floods_of_different_passwords_keep_no_other_out) {
  TriedPasswords tried;
  for (int i = 0; i < 100'000; ++i)
    tried.count(Password::copy_of(std::string_view("password " + std::to_string(i))), spray_start);
  EXPECT_FALSE(tried.find_wait(another, spray_start));
}

TEST(TriedPasswords, a_clock_that_steps_back_keeps_nobody_out) {
  TriedPasswords tried({.burst = 3, .refill_interval = 1min});
  for (int i = 0; i < 3; ++i) tried.count(sprayed, spray_start);
  EXPECT_FALSE(tried.find_wait(sprayed, spray_start - 1h));
}

TEST(TriedPasswords, another_process_counts_elsewhere) {
  TriedPasswords tried({.burst = 1, .refill_interval = 1min});
  const TriedPasswords other({.burst = 1, .refill_interval = 1min});
  tried.count(sprayed, spray_start);
  EXPECT_TRUE(tried.find_wait(sprayed, spray_start));
  EXPECT_FALSE(other.find_wait(sprayed, spray_start));
}

}  // namespace
}  // namespace latchkey::identity
