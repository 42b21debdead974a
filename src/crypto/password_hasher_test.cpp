#include "crypto/password_hasher.h"

#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <thread>

namespace latchkey::crypto {
namespace {

constexpr PasswordHasherOptions small{.threads = 1, .max_waiting = 2, .cost = argon2_min_cost};

Result<std::string> hash_and_wait(PasswordHasher& hasher, std::string_view password) {
  auto answer = std::make_shared<std::promise<Result<std::string>>>();
  TRY_DO(hasher.hash(password, [answer](Result<std::string> made) { answer->set_value(std::move(made)); }));
  return answer->get_future().get();
}

Result<PasswordCheck> verify_and_wait(PasswordHasher& hasher, std::string_view password, std::string_view stored) {
  auto answer = std::make_shared<std::promise<Result<PasswordCheck>>>();
  TRY_DO(hasher.verify(password, stored, [answer](Result<PasswordCheck> check) { answer->set_value(check); }));
  return answer->get_future().get();
}

// Keeps the only thread busy until it is let go. What callbacks use is declared before the hasher, which waits for
// them.
class Blockade final {
 public:
  void block(PasswordHasher& hasher) {
    const Status submitted = hasher.verify_unknown("x", [this](auto) {
      started_.count_down();
      go_.wait();
    });
    EXPECT_TRUE(submitted);
    started_.wait();
  }
  void let_go() { go_.count_down(); }

 private:
  std::latch started_{1};
  std::latch go_{1};
};

TEST(PasswordHasher, checks_what_it_hashed) {
  PasswordHasher hasher(small);
  const std::string stored = *hash_and_wait(hasher, "correct horse");
  EXPECT_EQ(*verify_and_wait(hasher, "correct horse", stored), PasswordCheck::right);
  EXPECT_EQ(*verify_and_wait(hasher, "battery staple", stored), PasswordCheck::wrong);
}

TEST(PasswordHasher, says_when_a_stored_hash_is_outdated) {
  PasswordHasher hasher({.threads = 1, .max_waiting = 2, .cost = {16, 1}});
  const std::string old = hash_password(as_bytes("correct horse"), argon2_min_cost)->print();
  EXPECT_EQ(*verify_and_wait(hasher, "correct horse", old), PasswordCheck::right_but_rehash);
  EXPECT_EQ(*verify_and_wait(hasher, "wrong", old), PasswordCheck::wrong);
}

TEST(PasswordHasher, an_unknown_account_is_wrong) {
  std::promise<Result<PasswordCheck>> answer;
  PasswordHasher hasher(small);
  ASSERT_TRUE(hasher.verify_unknown("any", [&](auto check) { answer.set_value(check); }));
  EXPECT_EQ(*answer.get_future().get(), PasswordCheck::wrong);
}

TEST(PasswordHasher, refuses_at_once_what_it_cannot_take) {
  PasswordHasher hasher(small);
  const auto never = [](auto) { ADD_FAILURE(); };
  EXPECT_EQ(hasher.hash(std::string(max_password_size + 1, 'x'), never).error().code, Code::input_too_large);
  EXPECT_EQ(hasher.verify("x", "not a hash", never).error().code, Code::invalid_format);
}

TEST(PasswordHasher, a_full_queue_is_busy_and_recovers) {
  Blockade blockade;
  std::latch answered(2);
  PasswordHasher hasher(small);
  blockade.block(hasher);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(hasher.verify_unknown("x", [&](auto) { answered.count_down(); }));
  EXPECT_EQ(hasher.verify_unknown("x", [](auto) { ADD_FAILURE(); }).error().code, Code::busy);
  blockade.let_go();
  answered.wait();
  EXPECT_TRUE(hash_and_wait(hasher, "x"));
}

TEST(PasswordHasher, strangers_never_take_the_last_quarter_of_the_queue) {
  Blockade blockade;
  std::latch answered(8);
  PasswordHasher hasher({.threads = 1, .max_waiting = 8, .cost = argon2_min_cost});
  const std::string stored = hash_password(as_bytes("x"), argon2_min_cost)->print();
  blockade.block(hasher);
  const auto ask = [&](PasswordAsker asker) {
    return hasher.verify("x", stored, [&](auto) { answered.count_down(); }, asker).has_value();
  };
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(ask(PasswordAsker::stranger)) << i;
  EXPECT_FALSE(ask(PasswordAsker::stranger));
  EXPECT_EQ(hasher.verify_unknown("x", [](auto) { ADD_FAILURE(); }).error().code, Code::busy);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(ask(PasswordAsker::known)) << i;
  EXPECT_FALSE(ask(PasswordAsker::known)) << "full is full";
  EXPECT_EQ(hasher.waiting(), 8U);
  blockade.let_go();
  answered.wait();
}

TEST(PasswordHasher, who_is_known_waits_for_one_stranger_each) {
  Blockade blockade;
  std::string order;  // of one thread
  std::latch answered(8);
  PasswordHasher hasher({.threads = 1, .max_waiting = 16, .cost = argon2_min_cost});
  blockade.block(hasher);
  const auto ask = [&](PasswordAsker asker) {
    const auto note = [&, asker](const Result<std::string>&) {
      order += asker == PasswordAsker::known ? 'k' : 's';
      answered.count_down();
    };
    EXPECT_TRUE(hasher.hash("x", note, asker));
  };
  for (int i = 0; i < 5; ++i) ask(PasswordAsker::stranger);
  for (int i = 0; i < 3; ++i) ask(PasswordAsker::known);
  blockade.let_go();
  answered.wait();
  EXPECT_EQ(order, "ksksksss");
}

TEST(PasswordHasher, answers_the_waiting_when_it_goes) {
  std::atomic<int> cancelled = 0;
  {
    Blockade blockade;
    PasswordHasher hasher(small);
    blockade.block(hasher);
    for (int i = 0; i < 2; ++i)
      EXPECT_TRUE(hasher.verify_unknown(
          "x", [&](Result<PasswordCheck> check) { cancelled += !check && check.error().code == Code::cancelled; }));
    EXPECT_EQ(cancelled, 0);
    hasher.stop();
    blockade.let_go();
  }
  EXPECT_EQ(cancelled, 2);
}

TEST(PasswordHasher, many_callers_each_get_their_own_answer) {
  std::atomic<int> right = 0;
  std::latch answered(200);
  PasswordHasher hasher({.threads = 3, .max_waiting = 1000, .cost = argon2_min_cost});
  const std::string stored = *hash_and_wait(hasher, "right");
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i)
    callers.emplace_back([&] {
      for (int n = 0; n < 50; ++n)
        EXPECT_TRUE(hasher.verify(n % 2 == 0 ? "right" : "wrong", stored, [&](Result<PasswordCheck> check) {
          right += *check == PasswordCheck::right;
          answered.count_down();
        }));
    });
  for (auto& caller : callers) caller.join();
  answered.wait();
  EXPECT_EQ(right, 100);
}

}  // namespace
}  // namespace latchkey::crypto
