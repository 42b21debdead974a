// A whole server whose apps and gateways are this test: what they are sent verifies, comes again until it is taken, and
// survives the process.
#include "identity/signals/deliveries.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mutex>

#include "identity/accounts/password_store.h"
#include "identity/checks/replay_store.h"
#include "identity/login/browser_sessions.h"
#include "identity/signals/delivery_worker.h"
#include "protocol/form.h"
#include "protocol/oauth/logout_token.h"
#include "tests/support/databases.h"
#include "tests/support/families.h"
#include "tests/support/identity_server.h"
#include "tests/support/password_hash.h"

namespace latchkey::identity {
namespace {

using namespace std::chrono_literals;
using tests::IdentityServer;

constexpr const char* logout_url = "https://app.example/logout";
constexpr const char* gateway_url = "https://gateway.example/events";

// Everybody the server could post to.
class World final : public http::Client {
 public:
  using http::Client::send;
  Result<http::Response> send(const http::Request& request, std::stop_token) override {
    const std::lock_guard lock(mutex_);
    sent_.push_back(request);
    if (is_down) return fail(Code::network_unreachable);
    return http::empty_response(status_of(request.url));
  }
  std::vector<http::Request> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(sent_, {});
  }

  std::atomic<bool> is_down = false;
  std::atomic<int> logout_status = 200, event_status = 202;

 private:
  int status_of(std::string_view url) const { return url == logout_url ? logout_status : event_status; }
  std::mutex mutex_;
  std::vector<http::Request> sent_;
};

struct DeliveriesTest : ::testing::Test {
  explicit DeliveriesTest(std::vector<std::string> receivers = {})
      : server({.open_database = [this] { return files.open(); }, .event_receivers = std::move(receivers)}),
        user(server.add_user(tests::ada, tests::ada_password)) {
    server.add_client("app", [](Client& client) { client.backchannel_logout_uri = logout_url; });
  }
  Family sign_in() {
    Family family = tests::make_family(user, "", server.clock.now());
    EXPECT_TRUE(server.write([&](sql::Transaction& tx) { return insert_family(tx, family); }));
    return family;
  }
  void end(const Family& family, RevocationReason reason = RevocationReason::signed_out) {
    EXPECT_TRUE(server.write([&](sql::Transaction& tx) {
      return end_session(tx, family.user, family.session, reason, server.clock.now());
    }));
  }
  std::vector<http::Request> round() {
    const auto done = server.server->deliver_signals(world, {});
    EXPECT_TRUE(done);
    return world.take();
  }
  protocol::jose::Jwks keys() {
    http::Request request;
    request.url = server.issuer() + "/jwks";
    return *protocol::jose::Jwks::parse(server.client->send(request)->body_text());
  }
  Result<protocol::oauth::LogoutToken> read(const http::Request& request) {
    const auto form = protocol::form::Form::parse(request.body);
    return protocol::oauth::verify_logout_token(form->find("logout_token").value_or(""), keys(), server.issuer(), "app",
                                                server.clock.now());
  }

  tests::OnSqlite files;
  World world;
  IdentityServer server;
  UserId user;
};

TEST_F(DeliveriesTest, an_app_is_posted_a_logout_token_of_its_session) {
  const Family family = sign_in();
  EXPECT_TRUE(round().empty());
  end(family);
  const auto sent = round();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].method, http::Method::post);
  EXPECT_EQ(sent[0].url, logout_url);
  EXPECT_EQ(sent[0].headers.find("Content-Type"), "application/x-www-form-urlencoded");
  const auto token = read(sent[0]);
  ASSERT_TRUE(token) << to_string(token.error());
  EXPECT_EQ(token->subject, user.value());
  EXPECT_EQ(token->session_id, family.session.value());
  EXPECT_LE(token->expires_at - token->issued_at, 2min);
  server.clock.advance(24h);
  EXPECT_TRUE(round().empty()) << "once it is taken";
}

TEST_F(DeliveriesTest, row_61_an_app_that_is_down_is_tried_again_under_the_same_id) {
  end(sign_in());
  world.is_down = true;
  const auto first = round();
  ASSERT_EQ(first.size(), 1U);
  const auto first_token = read(first[0]);
  EXPECT_TRUE(round().empty()) << "not at once";
  server.clock.advance(25s);
  world.is_down = false;
  world.logout_status = 500;
  ASSERT_EQ(round().size(), 1U);
  server.clock.advance(50s);
  world.logout_status = 302;  // an answer that is no answer
  ASSERT_EQ(round().size(), 1U);
  server.clock.advance(100s);
  world.logout_status = 204;
  const auto last = round();
  ASSERT_EQ(last.size(), 1U);
  const auto last_token = read(last[0]);
  ASSERT_TRUE(first_token && last_token);
  EXPECT_EQ(first_token->token_id, last_token->token_id);
  EXPECT_GT(last_token->expires_at, first_token->expires_at) << "signed anew";
  server.clock.advance(20min);
  EXPECT_TRUE(round().empty());
}

TEST_F(DeliveriesTest, row_61_an_app_notices_what_it_was_sent_before_by_its_id) {
  ReplayStore seen;  // as an app keeps one
  end(sign_in());
  world.logout_status = 500;  // it did log out, but failed to say so
  const auto first = read(round().at(0));
  EXPECT_TRUE(seen.remember(as_bytes(first->token_id), server.clock.now()).value());
  server.clock.advance(25s);
  EXPECT_FALSE(seen.remember(as_bytes(read(round().at(0))->token_id), server.clock.now()).value());
  end(sign_in());
  EXPECT_TRUE(seen.remember(as_bytes(read(round().at(0))->token_id), server.clock.now()).value());
}

TEST_F(DeliveriesTest, every_way_of_ending_a_session_tells_the_app) {
  const auto told_by = [this](auto end) {
    const Family family = sign_in();
    EXPECT_TRUE(server.write([&](sql::Transaction& tx) { return end(tx, family); }));
    return round().size() == 1;
  };
  const Instant now = server.clock.now();
  EXPECT_TRUE(told_by([&](auto& tx, auto& f) { return revoke_family(tx, f.id, RevocationReason::reuse, now); }));
  EXPECT_TRUE(
      told_by([&](auto& tx, auto& f) { return revoke_family(tx, f.id, RevocationReason::client_request, now); }));
  EXPECT_TRUE(told_by(
      [&](auto& tx, auto& f) { return end_session(tx, f.user, f.session, RevocationReason::signed_out, now); }));
  EXPECT_TRUE(
      told_by([&](auto& tx, auto& f) { return end_all_sessions(tx, f.user, RevocationReason::signed_out, now); }));
  EXPECT_TRUE(told_by([&](auto& tx, auto& f) { return change_password(tx, f.user, tests::some_password_hash, now); }));
  EXPECT_TRUE(told_by([&](auto& tx, auto& f) { return disable_account(tx, f.user, now); }));
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LATCHKEY_THREAD_SANITIZER
#endif
#endif

TEST_F(DeliveriesTest, what_a_killed_process_left_is_delivered_by_the_next) {
#ifdef LATCHKEY_THREAD_SANITIZER
  GTEST_SKIP() << "ThreadSanitizer starts no threads in a forked process";
#endif
  const Family family = sign_in();
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {  // another process on this database: it ends the session, and dies before it could tell anybody
    ::close(ready[0]);
    auto db = sql::open_sqlite({.file = files.file()});
    auto work = [&](sql::Transaction& tx) {
      return revoke_family(tx, family.id, RevocationReason::reuse, tests::start);
    };
    if (!db || !(*db)->write(work).get()) _exit(3);
    (void)!::write(ready[1], "x", 1);
    for (;;) ::pause();
  }
  ::close(ready[1]);  // so that reading ends if the child does
  char byte = 0;
  EXPECT_EQ(::read(ready[0], &byte, 1), 1);
  ::close(ready[0]);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(round().size(), 1U);
}

TEST_F(DeliveriesTest, a_process_killed_between_claim_and_answer_costs_one_retry) {
  end(sign_in());
  ASSERT_TRUE(server.write([&](sql::Transaction& tx) { return claim_due(tx, server.clock.now()); }));
  EXPECT_TRUE(round().empty());
  server.clock.advance(25s);
  EXPECT_EQ(round().size(), 1U);
}

TEST_F(DeliveriesTest, a_database_that_cannot_settle_sends_again_rather_than_never) {
  end(sign_in());
  server.db->before_write(2, [this] { server.db->stop(); });  // the claim is 1, settling is 2
  EXPECT_EQ(round().size(), 1U);
}

TEST_F(DeliveriesTest, the_worker_delivers_by_itself_and_ends_when_told) {
  end(sign_in());
  {
    const DeliveryWorker worker(
        [this](const std::stop_token& stop) { return server.server->deliver_signals(world, stop); }, 1ms);
    for (int tries = 0; tries < 20'000; ++tries) {
      if (!server.db->read([](sql::Transaction& tx) { return tx.query("SELECT 1 FROM outbox"); }).get()->size()) break;
      std::this_thread::yield();
    }
  }
  EXPECT_EQ(world.take().size(), 1U);
}

struct EventReceivers : DeliveriesTest {
  EventReceivers() : DeliveriesTest({gateway_url}) {}
  const http::Request* find(const std::vector<http::Request>& sent) const {
    for (const auto& request : sent)
      if (request.url == gateway_url) return &request;
    return nullptr;
  }
};

TEST_F(EventReceivers, a_gateway_is_pushed_a_signed_event) {
  end(sign_in(), RevocationReason::account_disabled);
  const auto sent = round();
  EXPECT_EQ(sent.size(), 2U) << "the app, too";
  const http::Request* event = find(sent);
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(event->headers.find("Content-Type"), "application/secevent+jwt");
  EXPECT_EQ(event->headers.find("Authorization"), "Bearer the-token");
  const auto jws = protocol::jose::UnverifiedJws::parse(event->body);
  ASSERT_TRUE(jws);
  EXPECT_EQ(jws->header().typ, "secevent+jwt");
  const auto set = keys();
  const auto payload = jws->verify(set.find(jws->header().kid, jws->header().algorithm)->key);
  ASSERT_TRUE(payload);
  EXPECT_NE(payload->find(R"("aud":"gateway")"), payload->npos);
  EXPECT_NE(payload->find(R"("initiating_entity":"admin","reason_admin":{"en":"account_disabled"})"), payload->npos);
  EXPECT_EQ(payload->find(R"("sub":")" + user.value() + R"(","exp")"), payload->npos);
  server.clock.advance(1h);
  EXPECT_TRUE(round().empty());
}

TEST_F(EventReceivers, only_202_says_that_it_was_taken) {
  end(sign_in());
  for (const int status : {200, 400, 500}) {
    world.event_status = status;
    EXPECT_NE(find(round()), nullptr) << status;
    server.clock.advance(20min);
  }
  world.event_status = 202;
  EXPECT_NE(find(round()), nullptr);
  server.clock.advance(20min);
  EXPECT_EQ(find(round()), nullptr);
}

TEST_F(EventReceivers, a_gateway_that_is_down_does_not_keep_the_app_waiting) {
  world.event_status = 503;
  for (int i = 0; i < 3; ++i) end(sign_in());
  const auto sent = round();
  EXPECT_EQ(std::count_if(sent.begin(), sent.end(), [](const auto& r) { return r.url == logout_url; }), 3);
  EXPECT_EQ(std::count_if(sent.begin(), sent.end(), [](const auto& r) { return r.url == gateway_url; }), 1);
}

}  // namespace
}  // namespace latchkey::identity
