// Row 50 of the security catalogue: how long an answer takes says nothing about the account. Nothing is timed here: the
// library's Argon2id stands behind functions of this file that write down each call with its cost.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <future>
#include <latch>

#include "identity/accounts/password_store.h"
#include "identity/schema.h"
#include "protocol/routes.h"
#include "sql/migrations.h"
#include "sql/sqlite_database.h"
#include "tests/support/identity_server.h"
#include "tests/support/temporary_folder.h"

namespace latchkey::identity {
namespace {

class ArgonLog final {
 public:
  void add(std::string cost) {
    const std::lock_guard lock(mutex_);
    costs_.push_back(std::move(cost));
  }
  void begin(std::size_t kib) {
    const std::lock_guard lock(mutex_);
    kib_ += kib;
    most_kib_ = std::max(most_kib_, kib_);
  }
  void end(std::size_t kib) {
    const std::lock_guard lock(mutex_);
    kib_ -= kib;
  }
  // The most memory that was in use at a time since this was asked last.
  std::size_t take_most_kib() {
    const std::lock_guard lock(mutex_);
    return std::exchange(most_kib_, kib_);
  }
  std::vector<std::string> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(costs_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> costs_;
  std::size_t kib_ = 0, most_kib_ = 0;
};

ArgonLog& argon_log() {
  static ArgonLog log;
  return log;
}

template <class Function>
Function* behind(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace
}  // namespace latchkey::identity

extern "C" int crypto_pwhash_argon2id_str_verify(const char* stored, const char* password, unsigned long long size) {
  using Verify = int(const char*, const char*, unsigned long long);
  static Verify* const verify = latchkey::identity::behind<Verify>("crypto_pwhash_argon2id_str_verify");
  const std::string_view text = stored;
  const std::size_t cost = text.find("m=");
  const std::size_t kib = std::strtoul(stored + cost + 2, nullptr, 10);
  auto& log = latchkey::identity::argon_log();
  log.add(std::string(text.substr(0, text.find('$', cost))));
  log.begin(kib);
  const int answer = verify(stored, password, size);
  log.end(kib);
  return answer;
}
extern "C" int crypto_pwhash(unsigned char* out, unsigned long long out_size, const char* password,
                             unsigned long long size, const unsigned char* salt, unsigned long long passes,
                             std::size_t memory, int algorithm) {
  using Hash = int(unsigned char*, unsigned long long, const char*, unsigned long long, const unsigned char*,
                   unsigned long long, std::size_t, int);
  static Hash* const hash = latchkey::identity::behind<Hash>("crypto_pwhash");
  latchkey::identity::argon_log().add("new, " + std::to_string(memory) + "," + std::to_string(passes));
  return hash(out, out_size, password, size, salt, passes, memory, algorithm);
}

namespace latchkey::identity {
namespace {

using tests::Browser;
using tests::IdentityServer;
using tests::Page;
namespace routes = protocol::routes;
using Costs = std::vector<std::string>;

constexpr crypto::Argon2Cost cost_before{16, 1};
constexpr crypto::Argon2Cost cost_after{24, 2};
const std::string todays_cost = "$argon2id$v=19$m=8,t=1,p=1";
const std::string older_cost = "$argon2id$v=19$m=16,t=1,p=1";
const std::string newer_cost = "$argon2id$v=19$m=24,t=2,p=1";

constexpr std::string_view same_length[] = {"ada@example.org", "old@example.org", "off@example.org", "non@example.org",
                                            "nob@example.org"};

UserId store_account(sql::Database& db, std::string_view name, crypto::Argon2Cost cost) {
  const std::string phc = crypto::hash_password(as_bytes(tests::ada_password), cost)->print();
  auto work = [&](sql::Transaction& tx) -> Result<UserId> {
    TRY(const Account account, create_account(tx, name, Role::user, Instant()));
    TRY_DO(change_password(tx, account.id, phc, Instant()));
    return account.id;
  };
  return *db.write(work).get();
}

// Accounts of every kind, the older hash of one of them there before the server starts.
struct EqualWork : ::testing::Test {
  EqualWork() {
    server.add_user(tests::ada, tests::ada_password);
    server.disable_user(server.add_user("off@example.org", tests::ada_password));
    auto bare = [&](sql::Transaction& tx) {
      return create_account(tx, "non@example.org", Role::user, server.clock.now());
    };
    EXPECT_TRUE(server.write(bare));
    argon_log().take();
  }

  IdentityServer::Options with_an_older_hash() {
    IdentityServer::Options options;
    options.open_database = [this]() -> Result<std::unique_ptr<sql::Database>> {
      TRY(auto db, sql::open_sqlite({.file = folder.path() / "latchkey.db"}));
      TRY_DO(sql::migrate(*db, schema()));
      store_account(*db, "old@example.org", cost_before);
      return db;
    };
    return options;
  }

  Page attempt(std::string_view name, std::string_view password) {
    server.client->set_address(*http::Address::parse("198.51.100." + std::to_string(++addresses_)));
    Browser stranger = server.browser();
    const Page form = stranger.get(routes::sign_in);
    argon_log().take();
    return server.sign_in(stranger, form, name, password);
  }
  Costs work_of_attempt(std::string_view name, std::string_view password) {
    attempt(name, password);
    return argon_log().take();
  }
  // Without what is drawn anew for each page.
  static std::string shape_of(const Page& page) {
    std::string shape = std::to_string(page.status) + "\n";
    for (const auto& field : page.headers)
      shape.append(field.name).append(": ").append(std::to_string(field.value.size())).append("\n");
    return shape + std::to_string(page.text.size());
  }

  testing::TemporaryFolder folder;
  IdentityServer server{with_an_older_hash()};

 private:
  int addresses_ = 0;
};

TEST_F(EqualWork, row_50_a_wrong_password_costs_the_same_hashes_whoever_is_asked_for) {
  const Costs expected = {todays_cost, older_cost};
  for (int round = 0; round < 2; ++round)  // cold and warm
    for (const std::string_view name : same_length)
      EXPECT_EQ(work_of_attempt(name, "not the right password"), expected) << name << round;
}

TEST_F(EqualWork, row_50_the_right_password_of_who_may_not_sign_in_costs_what_a_wrong_one_does) {
  const Costs expected = {todays_cost, older_cost};
  for (const std::string_view name : {"off@example.org", "non@example.org", "nob@example.org"})
    EXPECT_EQ(work_of_attempt(name, tests::ada_password), expected) << name;
}

TEST_F(EqualWork, row_50_the_answers_have_one_shape) {
  const std::string expected = shape_of(attempt(tests::ada, "not the right password"));
  for (const std::string_view name : same_length)
    EXPECT_EQ(shape_of(attempt(name, "not the right password")), expected) << name;
}

TEST_F(EqualWork, row_50_what_can_be_nobodys_password_costs_nothing_for_anybody) {
  for (const std::string& password : {std::string(), std::string(1025, 'x'), std::string("\xFF\xFE")}) {
    const std::string expected = shape_of(attempt(tests::ada, password));
    for (const std::string_view name : same_length) {
      EXPECT_EQ(shape_of(attempt(name, password)), expected) << name;
      EXPECT_EQ(argon_log().take(), Costs()) << name;
    }
  }
}

TEST_F(EqualWork, row_50_who_is_made_to_wait_costs_no_hash_known_or_not) {
  for (const std::string_view name : same_length) {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(attempt(name, "not the right password").status, 422) << name;
    EXPECT_EQ(attempt(name, tests::ada_password).status, 429) << name;
    EXPECT_EQ(argon_log().take(), Costs()) << name;
  }
}

TEST_F(EqualWork, an_older_hash_is_made_anew_after_the_right_password_only) {
  EXPECT_EQ(work_of_attempt("old@example.org", tests::ada_password), (Costs{todays_cost, older_cost, "new, 8192,1"}));
  EXPECT_EQ(work_of_attempt("old@example.org", tests::ada_password), (Costs{todays_cost, older_cost}));
}

TEST_F(EqualWork, what_would_make_everybody_pay_too_much_is_checked_for_itself_alone) {
  const crypto::PasswordHasherOptions options{
      .threads = 1, .cost = crypto::argon2_min_cost, .max_other_work_kib = cost_before.memory_kib + 10};
  crypto::PasswordHasher hasher(options);
  const auto work_of_check = [&](crypto::Argon2Cost cost) {
    const std::string stored = crypto::hash_password(as_bytes("a"), cost)->print();
    argon_log().take();
    std::promise<void> done;
    EXPECT_TRUE(hasher.verify("a", stored, [&](const auto& check) {
      EXPECT_EQ(check, crypto::PasswordCheck::right_but_rehash);
      done.set_value();
    }));
    done.get_future().wait();
    return argon_log().take();
  };
  EXPECT_EQ(work_of_check(cost_before), (Costs{todays_cost, older_cost}));
  EXPECT_EQ(work_of_check(cost_after), (Costs{todays_cost, older_cost, newer_cost}));
  EXPECT_EQ(work_of_check(cost_before), (Costs{todays_cost, older_cost})) << "the others go on as before";
  EXPECT_EQ(work_of_check({9, 1}), (Costs{todays_cost, older_cost, "$argon2id$v=19$m=9,t=1,p=1"})) << "has room";
  EXPECT_EQ(work_of_check(cost_before), (Costs{todays_cost, older_cost, "$argon2id$v=19$m=9,t=1,p=1"}));
}

TEST_F(EqualWork, a_hash_that_costs_too_much_is_the_servers_failure_and_costs_nothing) {
  auto plant = [&](sql::Transaction& tx) {
    return tx.execute("UPDATE passwords SET phc = $1 WHERE user_id = (SELECT id FROM accounts WHERE login_name = $2)",
                      "$argon2id$v=19$m=1048576,t=16,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", tests::ada);
  };
  ASSERT_TRUE(server.write(plant));
  EXPECT_EQ(attempt(tests::ada, tests::ada_password).status, 500);
  EXPECT_EQ(argon_log().take(), Costs());
}

TEST_F(EqualWork, row_54_two_hundred_at_once_use_the_memory_of_two) {
  constexpr int people = 200;
  std::latch answered(people);
  crypto::PasswordHasher hasher({.threads = 2, .max_waiting = people * 2, .cost = cost_after});
  hasher.expect({cost_before});
  const std::string stored = crypto::hash_password(as_bytes("a"), cost_after)->print();
  argon_log().take_most_kib();
  for (int i = 0; i < people; ++i) ASSERT_TRUE(hasher.verify("a", stored, [&](const auto&) { answered.count_down(); }));
  answered.wait();
  const std::size_t most = argon_log().take_most_kib();
  EXPECT_GT(most, 0U);
  EXPECT_LE(most, 2 * cost_after.memory_kib) << "one hash after another in each thread";
}

TEST_F(EqualWork, a_cost_that_another_server_brings_is_everybodys_from_the_first_look_on) {
  store_account(*server.db, "new@example.org", cost_after);
  const Costs expected = {todays_cost, older_cost, newer_cost};
  EXPECT_EQ(work_of_attempt("new@example.org", "not the right password"), expected);
  for (const std::string_view name : same_length)
    EXPECT_EQ(work_of_attempt(name, "not the right password"), expected) << name;
}

}  // namespace
}  // namespace latchkey::identity
