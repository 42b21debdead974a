#include <gtest/gtest.h>

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
    for (int i = 0; i < 20'000; ++i)
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
  const DpopNonces nonces(replay_start), after_restart(replay_start);
  const auto nonce = nonces.make(replay_start);
  const auto check = [&](const DpopNonces& on, const std::string& text, Instant now) {
    return on.check(text, now, NonceRequirement::required, now).has_value();
  };
  EXPECT_TRUE(check(nonces, nonce, replay_start));
  EXPECT_TRUE(check(nonces, nonce, replay_start + 300s));
  EXPECT_FALSE(check(nonces, nonce, replay_start + 301s));
  EXPECT_FALSE(check(after_restart, nonce, replay_start));
  auto altered = nonce;
  altered[3] = altered[3] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(check(nonces, altered, replay_start));
  EXPECT_FALSE(check(nonces, nonce + "A", replay_start));
}

TEST(DpopNonces, without_one_only_proofs_made_after_the_start_are_taken) {
  const DpopNonces nonces(replay_start);
  const auto code = [&](Instant made, NonceRequirement requirement) {
    const auto checked = nonces.check(std::nullopt, made, requirement, replay_start + 10s);
    return checked ? Code{} : checked.error().code;
  };
  EXPECT_EQ(code(replay_start + 1s, NonceRequirement::optional), Code{});
  EXPECT_EQ(code(replay_start, NonceRequirement::optional), Code::use_dpop_nonce);
  EXPECT_EQ(code(replay_start - 5s, NonceRequirement::optional), Code::use_dpop_nonce);
  EXPECT_EQ(code(replay_start + 1s, NonceRequirement::required), Code::use_dpop_nonce);
}

}  // namespace
}  // namespace latchkey::identity
