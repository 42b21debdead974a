// Rows 26 to 35 of the security catalogue, on both databases.
#include "identity/tokens/refresh_rotation.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <thread>

#include "identity/audit_log.h"
#include "tests/support/databases.h"
#include "tests/support/families.h"

namespace latchkey::identity {
namespace {

using namespace std::chrono_literals;

template <class Kind>
class RefreshRotation : public tests::DatabaseTest<Kind> {
 protected:
  void SetUp() override {
    tests::DatabaseTest<Kind>::SetUp();
    if (this->db_ == nullptr) return;
    const auto prepared = tests::prepare(this->db());
    ASSERT_TRUE(prepared) << to_string(prepared.error());
    user_ = *prepared;
    first_ = add_family();
  }

  WipedString add_family(std::string thumbprint = "") {
    family_ = tests::make_family(user_, std::move(thumbprint));
    auto work = [&](sql::Transaction& tx) { return insert_family(tx, family_); };
    EXPECT_TRUE(this->db().write(work).get());
    return keys_.issue(family_, {0, 0});
  }

  RefreshRequest request_of(std::string_view token) const {
    return {.token = *parse_refresh_token(token),
            .client = ClientId("app"),
            .proven_thumbprint = family_.key_thumbprint,
            .scope = {},
            .resource = {}};
  }
  Result<RefreshGranted> refresh(const RefreshRequest& request) {
    const Instant now = now_;
    auto work = [&](sql::Transaction& tx) { return refresh_family(tx, request, keys_, policy_, now); };
    auto answer = this->db().write(work).get();
    if (!answer) return tl::unexpected(answer.error());
    return *std::move(answer);
  }
  // The successor, or the name of the refusal.
  WipedString use(std::string_view token) {
    const auto answer = refresh(request_of(token));
    if (!answer) return WipedString(name_of(answer.error().code));
    return keys_.issue(answer->family, answer->token);
  }
  Family row() {
    auto work = [&](sql::Transaction& tx) { return find_family(tx, family_.id); };
    return **this->db().read(work).get();
  }
  std::vector<StoredAuditRecord> events() {
    auto work = [&](sql::Transaction& tx) { return list_security_events(tx, user_, 100); };
    return *this->db().read(work).get();
  }
  std::int64_t anomalies(std::string_view detail) {
    auto work = [&](sql::Transaction& tx) {
      return tx.query("SELECT COUNT(*) FROM audit_log WHERE detail = $1", detail);
    };
    const auto rows = this->db().read(work).get();
    return *(*rows)[0].template get<std::int64_t>(0);
  }
  template <class... Values>
  void change(std::string_view sql, const Values&... values) {
    auto work = [&](sql::Transaction& tx) { return tx.execute(sql, values...); };
    ASSERT_TRUE(this->db().write(work).get());
  }

  RefreshTokenKeys keys_ = tests::refresh_token_keys();
  RotationPolicy policy_;
  Instant now_ = tests::start;
  UserId user_;
  Family family_;
  WipedString first_;
};
TYPED_TEST_SUITE(RefreshRotation, tests::Databases, tests::DatabaseNames);

TYPED_TEST(RefreshRotation, row_26_sixteen_parallel_uses_get_the_same_successor) {
  for (int round = 0; round < 5; ++round) {
    std::vector<WipedString> answers(16);
    std::vector<std::thread> threads;
    for (auto& answer : answers) threads.emplace_back([&] { answer = this->use(this->first_); });
    for (auto& thread : threads) thread.join();
    const std::set<WipedString> different(answers.begin(), answers.end());
    ASSERT_EQ(different.size(), 1U);
    ASSERT_TRUE(different.begin()->starts_with("rt1_")) << *different.begin();
    this->first_ = *different.begin();
  }
  EXPECT_EQ(this->row().generation, 5U);
  EXPECT_FALSE(this->row().is_revoked);
}

TYPED_TEST(RefreshRotation, row_26_a_retry_within_the_grace_time_gets_the_same_successor) {
  const auto second = this->use(this->first_);
  this->now_ += 120s;
  EXPECT_EQ(this->use(this->first_), second);
}

TYPED_TEST(RefreshRotation, row_27_a_predecessor_after_the_grace_time_recovers) {
  const auto lost = this->use(this->first_);
  this->now_ += 121s;
  const auto recovered = this->use(this->first_);
  EXPECT_TRUE(recovered.starts_with("rt1_"));
  EXPECT_NE(recovered, lost);
  EXPECT_EQ(this->row().attempt, 1);
  EXPECT_TRUE(this->use(recovered).starts_with("rt1_"));
}

TYPED_TEST(RefreshRotation, row_27_concurrent_recoveries_do_not_displace_each_other) {
  this->use(this->first_);
  this->now_ += 121s;
  std::vector<WipedString> answers(16);
  std::vector<std::thread> threads;
  for (auto& answer : answers) threads.emplace_back([&] { answer = this->use(this->first_); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(std::set<WipedString>(answers.begin(), answers.end()).size(), 1U);
  EXPECT_EQ(this->row().attempt, 1);
}

TYPED_TEST(RefreshRotation, row_27_recovery_of_a_generation_seen_in_use_is_an_anomaly) {
  this->use(this->first_);
  auto work = [&](sql::Transaction& tx) { return mark_generation_seen(tx, this->family_.id, 1); };
  ASSERT_TRUE(this->db().write(work).get());
  this->now_ += 121s;
  EXPECT_TRUE(this->use(this->first_).starts_with("rt1_"));
  EXPECT_EQ(this->anomalies("successor_already_used"), 1);
}

TYPED_TEST(RefreshRotation, row_28_a_displaced_attempt_ends_the_family) {
  const auto displaced = this->use(this->first_);
  this->now_ += 121s;
  const auto recovered = this->use(this->first_);
  EXPECT_EQ(this->use(displaced), "refresh_reused");
  EXPECT_EQ(this->use(recovered), "invalid_grant") << "the thief's token died with it";
  EXPECT_TRUE(this->row().is_revoked);
}

TYPED_TEST(RefreshRotation, row_29_a_token_two_generations_old_ends_the_family_and_the_owner_is_told) {
  const auto second = this->use(this->first_);
  const auto third = this->use(second);
  this->now_ += 121s;
  EXPECT_EQ(this->use(this->first_), "refresh_reused");
  EXPECT_EQ(this->use(third), "invalid_grant");
  const auto told = this->events();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].record.detail, "reuse");
}

TYPED_TEST(RefreshRotation, row_29_a_bound_family_survives_an_old_token) {
  const auto first = this->add_family("device-key");
  this->policy_.bound_rotation = BoundRotation::every_use;
  const auto third = this->use(this->use(first));
  this->now_ += 121s;
  EXPECT_EQ(this->use(first), "invalid_grant");
  EXPECT_EQ(this->anomalies("stale_token_of_bound_key"), 1);
  EXPECT_TRUE(this->use(third).starts_with("rt1_"));
}

TYPED_TEST(RefreshRotation, theft_thief_recovers_late_and_the_owner_exposes_them) {
  const auto owners = this->use(this->first_);
  this->now_ += 10min;
  const auto thiefs = this->use(this->first_);
  EXPECT_TRUE(thiefs.starts_with("rt1_"));
  EXPECT_EQ(this->use(owners), "refresh_reused");
  EXPECT_EQ(this->use(thiefs), "invalid_grant");
}

TYPED_TEST(RefreshRotation, row_31_a_database_restored_from_a_backup_rolls_forward) {
  const auto second = this->use(this->first_);
  this->change("UPDATE families SET gen = 0, att = 0, prev_att = 0 WHERE id = $1", this->family_.id);
  const auto third = this->use(second);
  EXPECT_TRUE(third.starts_with("rt1_"));
  EXPECT_EQ(this->row().generation, 2U);
  EXPECT_EQ(this->anomalies("rollback_detected"), 1);
  EXPECT_TRUE(this->use(third).starts_with("rt1_"));
}

TYPED_TEST(RefreshRotation, row_31_a_lost_recovery_rolls_forward) {
  this->use(this->first_);
  this->now_ += 121s;
  const auto recovered = this->use(this->first_);
  this->change("UPDATE families SET att = 0 WHERE id = $1", this->family_.id);
  EXPECT_TRUE(this->use(recovered).starts_with("rt1_"));
  EXPECT_EQ(this->row().generation, 2U);
}

TYPED_TEST(RefreshRotation, row_32_no_token_lives_after_a_revocation_in_parallel) {
  // Of four uses each, on two databases: 200 races with a revocation, or all 1,000 of the catalogue.
  const int rounds = std::getenv("LATCHKEY_FAULTS_ALL") != nullptr ? 125 : 25;  // NOLINT(concurrency-mt-unsafe)
  for (int round = 0; round < rounds; ++round) {
    const auto first = this->add_family();
    std::vector<WipedString> answers(4);
    std::vector<std::thread> threads;
    for (auto& answer : answers) threads.emplace_back([&] { answer = this->use(first); });
    threads.emplace_back([&] {
      auto work = [&](sql::Transaction& tx) {
        return round % 2 == 0
                   ? revoke_family(tx, this->family_.id, RevocationReason::client_request, this->now_)
                   : revoke_families_of_user(tx, this->user_, RevocationReason::password_changed, this->now_);
      };
      EXPECT_TRUE(this->db().write(work).get());
    });
    for (auto& thread : threads) thread.join();
    for (const auto& answer : answers)
      if (answer.starts_with("rt1_")) {
        EXPECT_EQ(this->use(answer), "invalid_grant");
      }
    EXPECT_EQ(this->use(first), "invalid_grant");
  }
}

TYPED_TEST(RefreshRotation, row_32_a_disabled_user_cannot_refresh) {
  this->change("UPDATE accounts SET status = 1 WHERE id = $1", this->user_);
  EXPECT_EQ(this->use(this->first_), "invalid_grant");
  EXPECT_EQ(this->row().generation, 0U) << "checked before anything is written";
}

TYPED_TEST(RefreshRotation, row_33_two_rotations_in_one_second_then_the_old_token_is_detected) {
  const auto third = this->use(this->use(this->first_));
  EXPECT_EQ(this->use(this->first_), "invalid_grant");
  EXPECT_EQ(this->anomalies("late_duplicate"), 1);
  this->now_ += 121s;
  EXPECT_EQ(this->use(this->first_), "refresh_reused");
  EXPECT_EQ(this->use(third), "invalid_grant");
}

TYPED_TEST(RefreshRotation, the_same_anomaly_is_noted_once_a_minute) {
  this->use(this->use(this->first_));
  const auto other = this->add_family();
  this->change("UPDATE families SET sid = 'sid-2' WHERE id = $1", this->family_.id);
  this->use(this->use(other));
  for (int i = 0; i < 5; ++i)
    for (const auto& token : {this->first_, other}) EXPECT_EQ(this->use(token), "invalid_grant");
  EXPECT_EQ(this->anomalies("late_duplicate"), 2) << "anybody with an old token could fill the disk";
  this->now_ += 61s;
  EXPECT_EQ(this->use(this->first_), "invalid_grant");
  EXPECT_EQ(this->anomalies("late_duplicate"), 3);
}

TYPED_TEST(RefreshRotation, row_34_an_old_token_is_detected_after_a_restart) {
  this->use(this->use(this->first_));
  this->now_ += 1h;
  this->reopen();
  EXPECT_EQ(this->use(this->first_), "refresh_reused");
}

TYPED_TEST(RefreshRotation, row_35_a_wider_scope_is_refused_and_a_narrower_one_given) {
  auto request = this->request_of(this->first_);
  request.scope = *protocol::oauth::Scope::parse("openid admin");
  EXPECT_EQ(this->refresh(request).error().code, Code::invalid_scope);
  EXPECT_EQ(this->row().generation, 0U);
  request.scope = *protocol::oauth::Scope::parse("openid");
  EXPECT_EQ(this->refresh(request)->scope, "openid");
}

TYPED_TEST(RefreshRotation, row_35_another_resource_client_or_key_is_refused) {
  auto request = this->request_of(this->first_);
  request.resource = "https://other.example";
  EXPECT_EQ(this->refresh(request).error().code, Code::invalid_target);
  request = this->request_of(this->first_);
  request.client = ClientId("other");
  EXPECT_EQ(this->refresh(request).error().code, Code::invalid_grant);

  request = this->request_of(this->add_family("device-key"));
  request.proven_thumbprint = "another-key";
  EXPECT_EQ(this->refresh(request).error().code, Code::invalid_grant);
  request.proven_thumbprint.clear();
  EXPECT_EQ(this->refresh(request).error().code, Code::invalid_dpop_proof);
  EXPECT_FALSE(this->row().is_revoked) << "anyone could send these";
}

TYPED_TEST(RefreshRotation, a_bound_family_is_answered_without_a_write) {
  const auto first = this->add_family("device-key");
  auto look = [&](sql::Transaction& tx) {
    return find_unchanged_refresh(tx, this->request_of(first), this->keys_, this->policy_, this->now_);
  };
  const auto granted = this->db().read(look).get();
  ASSERT_TRUE(granted && *granted);
  EXPECT_EQ(this->keys_.issue((*granted)->family, (*granted)->token), first);
  EXPECT_EQ(this->use(first), first);
}

TYPED_TEST(RefreshRotation, the_absolute_end_never_moves) {
  this->family_.absolute_expires_at = tests::start + 40 * 24h;
  this->change("UPDATE families SET abs_exp = $2 WHERE id = $1", this->family_.id, this->family_.absolute_expires_at);
  this->now_ += 29 * 24h;
  const auto second = this->use(this->first_);
  EXPECT_EQ(this->row().idle_expires_at, this->family_.absolute_expires_at);
  this->now_ += 11 * 24h;
  EXPECT_EQ(this->use(second), "invalid_grant");
}

TYPED_TEST(RefreshRotation, an_unknown_family_and_a_wrong_tag_look_alike_and_change_nothing) {
  auto request = this->request_of(this->first_);
  request.token.tag[0] ^= 1;
  const auto wrong_tag = this->refresh(request);
  request.token.family[0] ^= 1;
  const auto unknown = this->refresh(request);
  EXPECT_EQ(wrong_tag.error(), unknown.error());
  EXPECT_FALSE(this->row().is_revoked);
}

}  // namespace
}  // namespace latchkey::identity
