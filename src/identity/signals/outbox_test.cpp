#include "identity/signals/outbox.h"

#include <gtest/gtest.h>

#include <set>

#include "identity/audit_log.h"
#include "identity/clients/client_store.h"
#include "identity/login/browser_sessions.h"
#include "tests/support/databases.h"
#include "tests/support/families.h"

namespace latchkey::identity {
namespace {

using tests::start;
using namespace std::chrono_literals;
using Claimed = std::vector<std::vector<Delivery>>;

template <class Kind>
class Outbox : public tests::DatabaseTest<Kind> {
 protected:
  void SetUp() override {
    tests::DatabaseTest<Kind>::SetUp();
    if (this->IsSkipped()) return;
    user_ = *tests::prepare(this->db());
    add_client("app", "https://app.example/logout");
    add_client("quiet", "");
  }
  template <class Closure>
  auto write(Closure closure) {
    return this->db().write(closure).get();
  }
  void add_client(const char* id, const char* logout_uri) {
    Client client;
    client.id = ClientId(id);
    client.backchannel_logout_uri = logout_uri;
    ASSERT_TRUE((*ClientStore::open(this->db(), start))->add(client, start));
  }
  void receive_at(const std::vector<std::string>& urls) {
    ASSERT_TRUE(write([&](sql::Transaction& tx) { return set_event_receivers(tx, urls); }));
  }
  Family add_family(const char* client = "app", const char* session = "sid-1") {
    Family family = tests::make_family(user_);
    family.client = ClientId(client);
    family.session = SessionId(session);
    EXPECT_TRUE(write([&](sql::Transaction& tx) { return insert_family(tx, family); }));
    return family;
  }
  void end(const Family& family, Instant at = start) {
    auto work = [&](sql::Transaction& tx) { return revoke_family(tx, family.id, RevocationReason::reuse, at); };
    ASSERT_EQ(write(work).value(), 1);
  }
  Claimed claim(Instant at) {
    return write([&](sql::Transaction& tx) { return claim_due(tx, at); }).value();
  }
  std::size_t count() {
    auto look = [](sql::Transaction& tx) { return tx.query("SELECT 1 FROM outbox"); };
    return this->db().read(look).get()->size();
  }
  UserId user_;
};
TYPED_TEST_SUITE(Outbox, tests::Databases, tests::DatabaseNames);

TYPED_TEST(Outbox, the_end_of_a_session_waits_for_its_app_and_for_every_receiver) {
  this->receive_at({"https://a.example/", "https://b.example/"});
  this->end(this->add_family());
  const Claimed claimed = this->claim(start);
  ASSERT_EQ(claimed.size(), 3U);
  std::set<std::string> ids, urls;
  for (const auto& group : claimed) {
    ASSERT_EQ(group.size(), 1U);
    const Delivery& one = group[0];
    ids.insert(one.id);
    urls.insert(one.url);
    EXPECT_EQ(one.ended.user, this->user_);
    EXPECT_EQ(one.ended.client.value(), "app");
    EXPECT_EQ(one.ended.session.value(), "sid-1");
    EXPECT_EQ(one.ended.reason, RevocationReason::reuse);
    EXPECT_EQ(one.ended.at, start);
  }
  EXPECT_EQ(ids.size(), 3U);
  EXPECT_EQ(urls, (std::set<std::string>{"https://app.example/logout", "https://a.example/", "https://b.example/"}));
}

TYPED_TEST(Outbox, nothing_waits_when_the_transaction_is_rolled_back) {
  const Family family = this->add_family();
  auto fails = [&](sql::Transaction& tx) -> Status {
    TRY_DO(revoke_family(tx, family.id, RevocationReason::reuse, start));
    return fail(Code::cancelled);
  };
  ASSERT_FALSE(this->write(fails));
  EXPECT_EQ(this->count(), 0U);
}

TYPED_TEST(Outbox, nothing_waits_for_an_app_that_takes_no_logouts) {
  this->end(this->add_family("quiet"));
  EXPECT_EQ(this->count(), 0U);
}

TYPED_TEST(Outbox, an_app_with_several_families_of_one_session_is_told_once) {
  for (int i = 0; i < 3; ++i) this->add_family("app", "sid-1");
  this->add_family("app", "sid-2");
  this->add_family("quiet", "sid-1");
  ASSERT_TRUE(this->write([&](sql::Transaction& tx) {
    return end_all_sessions(tx, this->user_, RevocationReason::password_changed, start);
  }));
  EXPECT_EQ(this->count(), 2U);
}

TYPED_TEST(Outbox, an_app_that_gives_back_an_older_token_of_its_session_is_not_signed_out) {
  const Family older = this->add_family(), newer = this->add_family();
  const auto give_back = [this](const Family& family) {
    auto work = [&](sql::Transaction& tx) {
      return revoke_family(tx, family.id, RevocationReason::client_request, start);
    };
    ASSERT_EQ(this->write(work).value(), 1);
  };
  give_back(older);
  EXPECT_EQ(this->count(), 0U);
  give_back(newer);
  EXPECT_EQ(this->count(), 1U);
}

TYPED_TEST(Outbox, a_theft_is_told_even_while_the_app_has_another_token) {
  const Family stolen = this->add_family();
  this->add_family();
  this->end(stolen);
  EXPECT_EQ(this->count(), 1U);
}

TYPED_TEST(Outbox, what_is_not_settled_comes_again_under_its_id_and_later_each_time) {
  this->end(this->add_family());
  std::string id;
  Instant at = start;
  for (const auto wait : {20s, 40s, 80s, 160s}) {
    const Claimed claimed = this->claim(at);
    ASSERT_EQ(claimed.size(), 1U);
    if (id.empty()) id = claimed[0][0].id;
    EXPECT_EQ(claimed[0][0].id, id);
    EXPECT_TRUE(this->claim(at + wait * 3 / 4 - 1s).empty());
    this->reopen();
    at += wait * 5 / 4;
  }
  const Claimed last = this->claim(at);
  ASSERT_TRUE(this->write([&](sql::Transaction& tx) { return settle(tx, last.at(0).at(0)); }));
  EXPECT_EQ(this->count(), 0U);
}

TYPED_TEST(Outbox, is_due_only_when_something_is) {
  const auto is_due = [this](Instant at) {
    return this->db().read([at](sql::Transaction& tx) { return has_due(tx, at); }).get().value();
  };
  EXPECT_FALSE(is_due(start));
  this->end(this->add_family());
  EXPECT_TRUE(is_due(start));
  this->claim(start);
  EXPECT_FALSE(is_due(start));
  EXPECT_TRUE(is_due(start + 25s));
  EXPECT_FALSE(is_due(start + give_up_after));
}

TYPED_TEST(Outbox, after_a_day_it_is_given_up_and_on_record) {
  this->end(this->add_family());
  const auto give_up = [this](Instant at) {
    ASSERT_TRUE(this->write([at](sql::Transaction& tx) { return give_up_old(tx, at); }));
  };
  give_up(start + give_up_after - 1s);
  EXPECT_EQ(this->count(), 1U);
  EXPECT_TRUE(this->claim(start + give_up_after).empty()) << "not even tried any more";
  give_up(start + give_up_after);
  EXPECT_EQ(this->count(), 0U);
  const auto rows = this->db()
                        .read([](sql::Transaction& tx) {
                          return tx.query("SELECT detail FROM audit_log WHERE event = $1 AND client_id = 'app'",
                                          "the end of a session could not be delivered");
                        })
                        .get();
  ASSERT_EQ(rows->size(), 1U);
}

TYPED_TEST(Outbox, a_receiver_that_is_down_does_not_keep_others_waiting) {
  this->add_client("other", "https://other.example/logout");
  for (int i = 0; i < deliveries_per_receiver + 5; ++i) this->end(this->add_family("app"));
  this->end(this->add_family("other"));
  const Claimed claimed = this->claim(start);
  ASSERT_EQ(claimed.size(), 2U);
  EXPECT_EQ(claimed[0].size() + claimed[1].size(), static_cast<std::size_t>(deliveries_per_receiver) + 1);
}

TYPED_TEST(Outbox, what_waits_for_receivers_and_apps_that_are_gone_is_dropped) {
  this->receive_at({"https://a.example/", "https://b.example/"});
  this->end(this->add_family());
  this->receive_at({"https://b.example/"});
  EXPECT_EQ(this->count(), 2U);
  ASSERT_TRUE(this->write([](sql::Transaction& tx) {
    return tx.execute("UPDATE clients SET backchannel_logout_uri = '' WHERE id = 'app'");
  }));
  const Claimed claimed = this->claim(start);
  ASSERT_EQ(claimed.size(), 1U);
  EXPECT_EQ(claimed[0][0].url, "https://b.example/");
  EXPECT_EQ(this->count(), 1U);
}

TEST(RetryDelay, grows_to_its_bound_and_never_meets_the_next_try) {
  for (const std::uint32_t random : {0U, 1U, 12'345'678U, 0xffff'ffffU}) {
    EXPECT_GE(retry_delay(1, random), 15s);
    EXPECT_LE(retry_delay(1, random), 25s);
    for (const int attempts : {8, 20, 1000}) {
      EXPECT_GE(retry_delay(attempts, random), longest_retry * 3 / 4);
      EXPECT_LE(retry_delay(attempts, random), longest_retry * 5 / 4);
    }
  }
  EXPECT_NE(retry_delay(3, 1), retry_delay(3, 2));
}

}  // namespace
}  // namespace latchkey::identity
