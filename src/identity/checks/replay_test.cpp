#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "identity/checks/dpop_nonces.h"
#include "identity/checks/replay_store.h"

namespace latchkey::identity {
namespace {

using namespace std::chrono_literals;

const Instant replay_start = from_unix_seconds(1'700'000'000);

TEST(ReplayStore, remembers_for_as_long_as_a_proof_is_fresh) {
  ReplayStore store;
  EXPECT_TRUE(*store.remember(as_bytes("a"), replay_start));
  EXPECT_FALSE(*store.remember(as_bytes("a"), replay_start));
  EXPECT_FALSE(*store.remember(as_bytes("a"), replay_start + 99s));
  EXPECT_FALSE(*store.remember(as_bytes("a"), replay_start + 100s)) << "kept in the older table";
  EXPECT_TRUE(*store.remember(as_bytes("a"), replay_start + 1h)) << "forgotten";
}

TEST(ReplayStore, keeps_what_came_late_in_a_period_for_a_whole_one) {
  ReplayStore store;
  for (int second = 0; second < 1000; second += 7) {
    const auto name = std::to_string(second);
    EXPECT_TRUE(*store.remember(as_bytes(name), replay_start + std::chrono::seconds(second)));
    EXPECT_FALSE(*store.remember(as_bytes(name), replay_start + std::chrono::seconds(second + 90)));
  }
}

TEST(ReplayStore, tells_many_apart) {
  ReplayStore store;
  for (int round : {0, 1})
    for (int i = 0; i < 5'000; ++i)
      ASSERT_EQ(*store.remember(as_bytes(std::to_string(i)), replay_start), round == 0) << i;
}

TEST(ReplayStore, refuses_when_full_instead_of_forgetting) {
  ReplayStore store({.keep = 100s, .max_entries = 64 * 10});
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto remembered = store.remember(as_bytes(std::to_string(i)), replay_start);
    if (!remembered) {
      EXPECT_EQ(remembered.error().code, Code::busy);
      ++refused;
    }
  }
  EXPECT_EQ(refused, 2000 - 640);
  EXPECT_TRUE(*store.remember(as_bytes("later"), replay_start + 1h));
}

TEST(DpopNonces, a_nonce_is_good_for_five_minutes_and_on_its_own_process_alone) {
  ManualClock clock(replay_start);
  const DpopNonces nonces(clock), after_restart(clock);
  const auto nonce = nonces.make();
  const auto check = [&](const DpopNonces& on, const std::string& text) {
    return on.check(text, clock.now(), NonceRequirement::required).has_value();
  };
  EXPECT_TRUE(check(nonces, nonce));
  EXPECT_FALSE(check(after_restart, nonce));
  auto altered = nonce;
  altered[3] = altered[3] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(check(nonces, altered));
  EXPECT_FALSE(check(nonces, nonce + "A"));
  clock.advance(300s);
  EXPECT_TRUE(check(nonces, nonce));
  clock.advance(1s);
  EXPECT_FALSE(check(nonces, nonce));
}

TEST(DpopNonces, without_one_only_proofs_made_after_the_start_are_taken) {
  ManualClock clock(replay_start);
  const DpopNonces nonces(clock);
  clock.advance(10s);
  const auto code = [&](Instant made, NonceRequirement requirement) {
    const auto checked = nonces.check(std::nullopt, made, requirement);
    return checked ? Code{} : checked.error().code;
  };
  EXPECT_EQ(code(replay_start + 1s, NonceRequirement::optional), Code{});
  EXPECT_EQ(code(replay_start, NonceRequirement::optional), Code::use_dpop_nonce);
  EXPECT_EQ(code(replay_start - 5s, NonceRequirement::optional), Code::use_dpop_nonce);
  EXPECT_EQ(code(replay_start + 1s, NonceRequirement::required), Code::use_dpop_nonce);
}

TEST(DpopNonces, a_step_back_ends_the_nonces_from_before_it_once) {
  ManualClock clock(replay_start);
  const DpopNonces nonces(clock);
  const auto is_taken = [&](const std::string& nonce) {
    return nonces.check(nonce, clock.now(), NonceRequirement::required).has_value();
  };
  const auto before = nonces.make();
  clock.advance(-9s);
  EXPECT_TRUE(is_taken(before)) << "clocks are set by as much";
  clock.advance(-2s);
  EXPECT_FALSE(is_taken(before));
  const auto after = nonces.make();
  EXPECT_NE(after, before);
  EXPECT_TRUE(is_taken(after));
  clock.advance(1s);
  EXPECT_TRUE(is_taken(after)) << "and no others";
}

// Gives, once, what it said a while ago: a thread that read it and had to wait.
class WaitingClock final : public Clock {
 public:
  Instant now() const override {
    const auto late = std::exchange(late_, std::nullopt);
    return late ? *late : replay_start;
  }
  void be_late_once(std::chrono::seconds by) { late_ = replay_start - by; }

 private:
  mutable std::optional<Instant> late_;
};

TEST(DpopNonces, who_read_the_clock_and_then_had_to_wait_ends_nothing) {
  WaitingClock clock;
  const DpopNonces nonces(clock);
  const auto nonce = nonces.make();
  clock.be_late_once(60s);
  EXPECT_EQ(nonces.make(), nonce);
  clock.be_late_once(60s);
  EXPECT_TRUE(nonces.check(nonce, replay_start, NonceRequirement::required));
}

}  // namespace
}  // namespace latchkey::identity
