// A session from sign-in to sign-out: renewing, failing, losing answers, several threads at once.
#include "session/session.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/support/failing_token_store.h"
#include "tests/support/fake_provider.h"
#include "tests/support/test_browser.h"

namespace latchkey::session {
namespace {

using testing::FailingTokenStore;
using testing::FakeProvider;
using testing::TestBrowser;
using Answer = std::optional<Result<http::Response>>;
using namespace std::chrono_literals;

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() {
    options_.scope = protocol::oauth::Scope::parse("openid offline_access").value();
    start();
  }

  // A process that starts: nothing in memory.
  void start() {
    session_ = Session::create({"https://id.example.com", "app"}, {provider_, store_, lock_, clock_}).value();
  }
  void sign_in() { ASSERT_TRUE(session_->sign_in(browser_, options_)); }
  void expire() { clock_.advance(300s); }
  // Answers /token like this from now on.
  void token_answers(std::function<Result<http::Response>()> answer) {
    provider_.instead = [answer = std::move(answer)](const http::Request& request) -> Answer {
      if (!request.url.ends_with("/token")) return std::nullopt;
      return answer();
    };
  }
  std::string token() {
    const auto access = session_->access();
    return access ? std::string(access->record->access_token.reveal_text()) : to_string(access.error());
  }
  Code failure() {
    const auto access = session_->access();
    return access ? Code::internal : access.error().code;
  }

  ManualClock clock_;
  FakeProvider provider_{clock_};
  FailingTokenStore store_;
  NoRefreshLock lock_;
  TestBrowser browser_{[this](const std::string& url) { return provider_.authorize(url); }};
  SignInOptions options_;
  std::unique_ptr<Session> session_;
};

TEST_F(SessionTest, without_a_stored_session_nobody_is_signed_in) {
  EXPECT_EQ(session_->state(), State::closed);
  EXPECT_EQ(failure(), Code::not_signed_in);
  EXPECT_EQ(session_->state(), State::signed_out);
}

TEST_F(SessionTest, a_sign_in_is_stored_and_found_by_the_next_run) {
  sign_in();
  EXPECT_EQ(session_->state(), State::active);
  start();
  EXPECT_EQ(token(), "at-1");
  EXPECT_EQ(provider_.calls_of("/token"), 1);
}

TEST_F(SessionTest, a_session_of_another_issuer_in_the_store_is_not_taken) {
  sign_in();
  const auto other = Session::create({"https://other.example.com", "app"}, {provider_, store_, lock_, clock_});
  const auto state = (*other)->open();
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code, Code::configuration_invalid);
}

TEST_F(SessionTest, a_sign_in_that_cannot_be_stored_did_not_happen) {
  store_.save_failure = Code::storage_full;
  const Status status = session_->sign_in(browser_, options_);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::storage_full);
  EXPECT_EQ(session_->state(), State::signed_out);
}

TEST_F(SessionTest, a_locked_vault_is_noticed_before_the_user_is_sent_to_the_browser) {
  store_.load_failure = Code::vault_locked;
  EXPECT_EQ(session_->sign_in(browser_, options_).error().code, Code::vault_locked);
  EXPECT_EQ(browser_.opened_url(), "");
  EXPECT_EQ(session_->state(), State::closed);
}

TEST_F(SessionTest, an_abandoned_sign_in_leaves_the_session_before_it_alone) {
  sign_in();
  provider_.edit_redirect = [](auto& response) { response.result = Error{Code::access_denied, {}}; };
  EXPECT_FALSE(session_->sign_in(browser_, options_));
  EXPECT_EQ(session_->state(), State::active);
  EXPECT_EQ(token(), "at-1");
}

TEST_F(SessionTest, a_new_sign_in_revokes_the_session_before_it) {
  sign_in();
  sign_in();
  EXPECT_EQ(provider_.revoked, std::vector<std::string>{"rt-1"});
  EXPECT_EQ(token(), "at-2");
}

// --- renewing ---

TEST_F(SessionTest, a_good_token_costs_no_request) {
  sign_in();
  clock_.advance(250s);  // 16.7 % of its life are left
  EXPECT_EQ(token(), "at-1");
  EXPECT_EQ(provider_.calls_of("/token"), 1);
}

TEST_F(SessionTest, a_token_is_renewed_before_its_end) {
  sign_in();
  clock_.advance(286s);  // 4.7 % are left
  EXPECT_EQ(token(), "at-2");
  EXPECT_EQ(store_.stored()->refresh_token->reveal_text(), "rt-2");
  EXPECT_EQ(store_.stored()->revision, 2);
}

TEST_F(SessionTest, a_clock_that_was_put_back_renews_the_token) {
  sign_in();
  clock_.advance(-3600s);
  EXPECT_EQ(token(), "at-2");
}

TEST_F(SessionTest, a_renewal_keeps_the_refresh_token_the_server_does_not_replace) {
  sign_in();
  expire();
  provider_.gives_refresh_token = false;
  EXPECT_EQ(token(), "at-2");
  EXPECT_EQ(store_.stored()->refresh_token->reveal_text(), "rt-1");
}

TEST_F(SessionTest, without_a_refresh_token_the_access_token_is_used_to_its_end) {
  provider_.gives_refresh_token = false;
  sign_in();
  clock_.advance(299s);
  EXPECT_EQ(token(), "at-1");
  clock_.advance(1s);
  EXPECT_EQ(failure(), Code::login_required);
  EXPECT_EQ(provider_.calls_of("/token"), 1);
}

TEST_F(SessionTest, a_server_that_does_not_answer_leaves_a_good_token_in_use) {
  sign_in();
  clock_.advance(286s);
  token_answers([] { return fail(Code::network_timeout); });
  EXPECT_EQ(token(), "at-1");
  expire();
  EXPECT_EQ(failure(), Code::network_timeout);
  EXPECT_EQ(session_->state(), State::active);
}

TEST_F(SessionTest, a_lost_answer_is_asked_for_again_and_the_session_lives) {
  sign_in();
  expire();
  provider_.afterwards = [](const http::Request& request) -> Answer {
    if (!request.url.ends_with("/token")) return std::nullopt;
    return fail(Code::network_timeout);
  };
  EXPECT_EQ(failure(), Code::network_timeout);
  provider_.afterwards = nullptr;
  EXPECT_EQ(token(), "at-3");  // the same successor once more, with an access token of its own
  EXPECT_EQ(store_.stored()->refresh_token->reveal_text(), "rt-2");
}

TEST_F(SessionTest, the_servers_nonce_is_remembered_for_the_next_request) {
  provider_.required_nonce = "n-1";
  sign_in();
  expire();
  EXPECT_EQ(token(), "at-2");
  EXPECT_EQ(provider_.proof_nonces.back(), "n-1");
}

TEST_F(SessionTest, a_changed_nonce_costs_one_more_request_and_only_one) {
  provider_.required_nonce = "n-1";
  sign_in();
  expire();
  token();
  const int before = provider_.calls_of("/token");
  provider_.required_nonce = "n-2";
  expire();
  EXPECT_EQ(token(), "at-3");
  EXPECT_EQ(provider_.calls_of("/token"), before + 2);
}

TEST_F(SessionTest, a_server_that_always_wants_another_nonce_is_not_asked_for_ever) {
  sign_in();
  expire();
  int nonce = 0;
  token_answers([&] {
    http::Response response = FakeProvider::error(400, "use_dpop_nonce");
    response.headers.add("DPoP-Nonce", "n-" + std::to_string(++nonce));
    return response;
  });
  EXPECT_EQ(failure(), Code::use_dpop_nonce);
  EXPECT_EQ(nonce, 2);
  EXPECT_EQ(session_->state(), State::active);
}

TEST_F(SessionTest, oidcc_refresh_token_invalid_issuer) {
  sign_in();
  expire();
  provider_.edit_claims = [](auto& claims) { claims["iss"] = "\"https://evil.example.com\""; };
  EXPECT_EQ(failure(), Code::id_token_invalid);
  EXPECT_EQ(session_->state(), State::active);
  EXPECT_EQ(store_.stored()->refresh_token->reveal_text(), "rt-1");
}

TEST_F(SessionTest, oidcc_refresh_token_invalid_sub) {
  sign_in();
  expire();
  provider_.user = "mallory";
  EXPECT_EQ(failure(), Code::id_token_invalid);
  EXPECT_EQ(store_.stored()->subject, "alice");
  EXPECT_EQ(store_.stored()->refresh_token->reveal_text(), "rt-1");
}

TEST_F(SessionTest, a_downgrade_to_bearer_tokens_is_refused) {
  sign_in();
  expire();
  provider_.edit_tokens = [](auto& tokens) { tokens.token_type = protocol::oauth::TokenType::bearer; };
  EXPECT_EQ(failure(), Code::protocol_violation);
  EXPECT_EQ(session_->state(), State::active);
}

// --- what ends a session ---

TEST_F(SessionTest, invalid_grant_signs_out_and_erases) {
  sign_in();
  expire();
  token_answers([] { return FakeProvider::error(400, "invalid_grant"); });
  EXPECT_EQ(failure(), Code::invalid_grant);
  EXPECT_EQ(session_->state(), State::signed_out);
  EXPECT_FALSE(store_.stored());
  EXPECT_EQ(failure(), Code::not_signed_in);
}

struct OtherFailure {
  const char* name;
  std::function<Result<http::Response>()> answer;
};

TEST_F(SessionTest, nothing_else_the_server_says_signs_out) {
  const auto says = [](int status, const char* word) { return [=] { return FakeProvider::error(status, word); }; };
  const OtherFailure failures[] = {
      {"invalid_request", says(400, "invalid_request")},
      {"invalid_client", says(401, "invalid_client")},
      {"unauthorized_client", says(400, "unauthorized_client")},
      {"unsupported_grant_type", says(400, "unsupported_grant_type")},
      {"invalid_scope", says(400, "invalid_scope")},
      {"invalid_target", says(400, "invalid_target")},
      {"invalid_dpop_proof", says(400, "invalid_dpop_proof")},
      {"temporarily_unavailable", says(400, "temporarily_unavailable")},
      {"an unknown word", says(400, "grant_is_invalid")},
      {"invalid_grant with 500", says(500, "invalid_grant")},
      {"invalid_grant with 503", says(503, "invalid_grant")},
      {"invalid_grant with 429", says(429, "invalid_grant")},
      {"invalid_grant with 408", says(408, "invalid_grant")},
      {"invalid_grant with 200", says(200, "invalid_grant")},
      {"invalid_grant with 302", says(302, "invalid_grant")},
      {"invalid_grant that is not JSON",
       [] { return http::text_response(400, "text/html", WipedString(R"({"error":"invalid_grant"})")); }},
      {"a page of a proxy",
       [] { return http::text_response(403, "text/html", "<html>Sign in to the network</html>"); }},
      {"broken JSON", [] { return FakeProvider::json(400, "{\"error\":\"invalid_grant\""); }},
      {"an error that is no text", [] { return FakeProvider::json(400, "{\"error\":[\"invalid_grant\"]}"); }},
      {"an empty answer", [] { return http::empty_response(400); }},
      {"a good status without tokens", [] { return FakeProvider::json(200, "{}"); }},
  };
  sign_in();
  expire();
  for (const auto& [name, answer] : failures) {
    token_answers(answer);
    EXPECT_NE(failure(), Code::invalid_grant) << name;
    EXPECT_EQ(session_->state(), State::active) << name;
    EXPECT_TRUE(store_.stored()) << name;
  }
  provider_.instead = nullptr;
  EXPECT_EQ(token(), "at-2");
}

TEST_F(SessionTest, no_failure_of_the_transport_signs_out) {
  constexpr Code every_code[] = {
#define X(name, number, sentence) Code::name,
#include "base/error_codes.def"
#undef X
  };
  sign_in();
  expire();
  for (const Code code : every_code) {
    if (code == Code::invalid_grant) continue;  // the server's word alone, see above
    token_answers([code] { return fail(code); });
    EXPECT_EQ(failure(), code);
    EXPECT_EQ(session_->state(), State::active) << name_of(code);
    EXPECT_TRUE(store_.stored()) << name_of(code);
  }
  provider_.instead = nullptr;
  EXPECT_EQ(token(), "at-2");
}

TEST_F(SessionTest, a_sign_out_by_another_process_is_noticed_at_the_next_renewal) {
  sign_in();
  store_.clear();
  expire();
  EXPECT_EQ(failure(), Code::not_signed_in);
  EXPECT_EQ(session_->state(), State::signed_out);
}

TEST_F(SessionTest, a_sign_in_by_another_process_is_found) {
  sign_in();
  const auto record = store_.stored();
  store_.clear();
  start();
  EXPECT_EQ(failure(), Code::not_signed_in);
  store_.put(*record);
  EXPECT_EQ(token(), "at-1");
}

// --- storing ---

TEST_F(SessionTest, new_tokens_are_stored_before_anybody_gets_them) {
  sign_in();
  expire();
  std::vector<std::string> order;
  store_.on_event = [&](const std::string& event) { order.push_back(event); };
  const auto observer =
      session_->observe({.on_state = {}, .on_tokens = [&](const RecordPtr&) { order.push_back("in use"); }});
  EXPECT_EQ(token(), "at-2");
  EXPECT_EQ(order, (std::vector<std::string>{"load", "save 2", "in use"}));
}

TEST_F(SessionTest, tokens_the_store_does_not_take_are_used_from_memory_and_the_old_ones_stand) {
  sign_in();
  expire();
  store_.save_failure = Code::vault_locked;
  EXPECT_EQ(token(), "at-2");
  EXPECT_EQ(session_->state(), State::unsaved);
  EXPECT_EQ(store_.stored()->refresh_token->reveal_text(), "rt-1");
  EXPECT_EQ(token(), "at-2");
  EXPECT_EQ(provider_.calls_of("/token"), 2);
}

TEST_F(SessionTest, unsaved_tokens_are_stored_as_soon_as_the_store_takes_them) {
  sign_in();
  expire();
  store_.save_failure = Code::vault_locked;
  token();
  EXPECT_EQ(session_->save_pending().error().code, Code::vault_locked);
  store_.save_failure.reset();
  EXPECT_TRUE(session_->save_pending());
  EXPECT_EQ(session_->state(), State::active);
  EXPECT_EQ(store_.stored()->refresh_token->reveal_text(), "rt-2");
}

TEST_F(SessionTest, unsaved_tokens_are_stored_by_the_next_renewal_at_the_latest) {
  sign_in();
  expire();
  store_.save_failure = Code::vault_locked;
  token();
  store_.save_failure.reset();
  expire();
  EXPECT_EQ(token(), "at-3");
  EXPECT_EQ(session_->state(), State::active);
  EXPECT_EQ(store_.stored()->revision, 3);
}

TEST_F(SessionTest, a_process_that_ends_with_unsaved_tokens_loses_nothing) {
  sign_in();
  expire();
  store_.save_failure = Code::storage_failed;
  token();
  store_.save_failure.reset();
  start();
  EXPECT_EQ(token(), "at-3");  // the predecessor is answered with the same successor
  EXPECT_EQ(store_.stored()->refresh_token->reveal_text(), "rt-2");
}

TEST_F(SessionTest, a_store_that_cannot_be_read_does_not_stop_a_renewal) {
  sign_in();
  expire();
  store_.load_failure = store_.save_failure = Code::temporarily_unavailable;
  EXPECT_EQ(token(), "at-2");
  EXPECT_EQ(session_->state(), State::unsaved);
}

TEST_F(SessionTest, a_locked_store_stops_a_renewal_before_the_server_is_asked) {
  sign_in();
  expire();
  store_.load_failure = Code::vault_locked;
  EXPECT_EQ(failure(), Code::vault_locked);
  EXPECT_EQ(provider_.calls_of("/token"), 1);
  EXPECT_EQ(session_->state(), State::active);
}

// --- locking ---

TEST_F(SessionTest, a_lock_makes_the_session_forget_its_tokens_and_key) {
  sign_in();
  std::weak_ptr<const SessionRecord> record;
  std::weak_ptr<DpopKey> key;
  {
    const auto access = session_->access();
    record = access->record;
    key = access->key;
  }
  ASSERT_FALSE(record.expired() || key.expired());
  store_.lock();
  EXPECT_TRUE(record.expired());
  EXPECT_TRUE(key.expired());
  EXPECT_EQ(session_->state(), State::closed);
}

TEST_F(SessionTest, a_locked_session_answers_vault_locked_and_is_there_again_after_unlocking) {
  sign_in();
  store_.lock();
  EXPECT_EQ(failure(), Code::vault_locked);
  EXPECT_EQ(session_->sign_out().error().code, Code::vault_locked);
  EXPECT_EQ(session_->sign_in(browser_, options_).error().code, Code::vault_locked);
  store_.unlock();
  EXPECT_EQ(token(), "at-1");
  EXPECT_EQ(session_->state(), State::active);
}

TEST_F(SessionTest, unsaved_tokens_go_with_the_lock_and_the_session_lives) {
  sign_in();
  expire();
  store_.save_failure = Code::storage_full;
  EXPECT_EQ(token(), "at-2");
  store_.lock();
  EXPECT_EQ(session_->state(), State::closed);
  store_.unlock();
  EXPECT_EQ(token(), "at-3");
}

TEST_F(SessionTest, a_lock_during_a_renewal_takes_the_new_tokens_with_it) {
  sign_in();
  expire();
  provider_.afterwards = [this](const http::Request& request) -> Answer {
    if (request.url.ends_with("/token")) store_.lock();
    return std::nullopt;
  };
  EXPECT_EQ(failure(), Code::vault_locked);
  EXPECT_EQ(session_->state(), State::closed);
  provider_.afterwards = nullptr;
  store_.unlock();
  EXPECT_EQ(token(), "at-3");  // the server gave the stored token's successor again
}

TEST_F(SessionTest, a_lock_during_a_sign_in_leaves_nothing_behind) {
  provider_.afterwards = [this](const http::Request& request) -> Answer {
    if (request.url.ends_with("/token")) store_.lock();
    return std::nullopt;
  };
  EXPECT_EQ(session_->sign_in(browser_, options_).error().code, Code::vault_locked);
  EXPECT_EQ(session_->state(), State::signed_out);
  EXPECT_FALSE(store_.stored());
}

TEST_F(SessionTest, a_lock_after_the_last_session_is_gone_calls_nobody) {
  sign_in();
  session_.reset();
  store_.lock();
}

TEST_F(SessionTest, another_processs_renewal_is_taken_over) {
  sign_in();
  const auto other = Session::create({"https://id.example.com", "app"}, {provider_, store_, lock_, clock_}).value();
  expire();
  ASSERT_TRUE(other->access());
  EXPECT_EQ(token(), "at-2");
  EXPECT_EQ(provider_.calls_of("/token"), 2);
}

TEST_F(SessionTest, tokens_another_process_has_gone_on_from_replace_unsaved_ones) {
  sign_in();
  const auto other = Session::create({"https://id.example.com", "app"}, {provider_, store_, lock_, clock_}).value();
  ASSERT_TRUE(other->access());
  expire();
  store_.save_failure = Code::vault_locked;
  EXPECT_EQ(token(), "at-2");
  store_.save_failure.reset();
  ASSERT_TRUE(other->access());  // at-3, from the predecessor
  EXPECT_TRUE(session_->save_pending());
  EXPECT_EQ(token(), "at-3");
}

TEST_F(SessionTest, invalid_grant_for_a_token_another_process_replaced_without_the_lock_is_no_sign_out) {
  sign_in();
  expire();
  provider_.instead = [this](const http::Request& request) -> Answer {
    if (!request.url.ends_with("/token")) return std::nullopt;
    auto newer = *store_.stored();
    newer.revision = 7;
    newer.issued_at = clock_.now();
    newer.expires_at = clock_.now() + 300s;
    newer.access_token = protocol::oauth::AccessToken::copy_of(std::string_view("at-of-the-other"));
    store_.put(newer);
    return FakeProvider::error(400, "invalid_grant");
  };
  EXPECT_EQ(token(), "at-of-the-other");
  EXPECT_EQ(session_->state(), State::active);
}

// --- many at once ---

TEST_F(SessionTest, thirty_two_threads_share_one_renewal) {
  sign_in();
  expire();
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 32; ++i)
    threads.emplace_back([&] {
      const auto access = session_->access();
      good += access && access->record->access_token.reveal_text() == "at-2";
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 32);
  EXPECT_EQ(provider_.calls_of("/token"), 2);
}

TEST_F(SessionTest, a_cancelled_caller_does_not_take_the_others_with_it) {
  sign_in();
  expire();
  std::stop_source stop;
  std::thread follower;
  std::atomic<bool> is_first = true;
  Result<Access> followers = fail(Code::internal);
  provider_.instead = [&](const http::Request& request) -> Answer {
    if (!request.url.ends_with("/token") || !is_first.exchange(false)) return std::nullopt;
    follower = std::thread([&] { followers = session_->access(); });
    stop.request_stop();
    return fail(Code::cancelled);
  };
  EXPECT_EQ(session_->access(stop.get_token()).error().code, Code::cancelled);
  follower.join();
  ASSERT_TRUE(followers) << to_string(followers.error());
  EXPECT_EQ(followers->record->access_token.reveal_text(), "at-2");
}

// --- signing out ---

TEST_F(SessionTest, signing_out_revokes_and_erases) {
  sign_in();
  const auto report = session_->sign_out();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->revocation);
  EXPECT_EQ(report->end_session_url, "https://id.example.com/end-session?client_id=app");
  EXPECT_EQ(provider_.revoked, std::vector<std::string>{"rt-1"});
  EXPECT_FALSE(store_.stored());
  EXPECT_EQ(session_->state(), State::signed_out);
}

TEST_F(SessionTest, signing_out_without_a_network_still_erases) {
  sign_in();
  provider_.instead = [](const http::Request&) -> Answer { return fail(Code::network_unreachable); };
  const auto report = session_->sign_out();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->revocation.error().code, Code::network_unreachable);
  EXPECT_FALSE(store_.stored());
  EXPECT_EQ(session_->state(), State::signed_out);
}

TEST_F(SessionTest, a_record_that_cannot_be_erased_is_no_sign_out) {
  sign_in();
  store_.erase_failure = Code::storage_failed;
  EXPECT_FALSE(session_->sign_out());
  EXPECT_EQ(session_->state(), State::active);
}

TEST_F(SessionTest, signing_out_revokes_the_newest_token_of_all_processes) {
  sign_in();
  const auto other = Session::create({"https://id.example.com", "app"}, {provider_, store_, lock_, clock_}).value();
  expire();
  ASSERT_TRUE(other->access());
  ASSERT_TRUE(session_->sign_out());
  EXPECT_EQ(provider_.revoked, std::vector<std::string>{"rt-2"});
}

TEST_F(SessionTest, signing_out_twice_is_ok) {
  sign_in();
  EXPECT_TRUE(session_->sign_out());
  EXPECT_TRUE(session_->sign_out());
}

// --- observers ---

TEST_F(SessionTest, observers_hear_of_every_change_in_order) {
  std::vector<std::string> heard;
  const auto observer = session_->observe(
      {.on_state = [&](const StateChange& change) { heard.emplace_back(name_of(change.to)); }, .on_tokens = {}});
  sign_in();
  expire();
  token();
  ASSERT_TRUE(session_->sign_out());
  EXPECT_EQ(heard, (std::vector<std::string>{"signed_out", "signing_in", "active", "refreshing", "active",
                                             "signing_out", "signed_out"}));
}

TEST_F(SessionTest, an_observer_may_call_the_session) {
  std::string seen;
  const auto observer = session_->observe({.on_state = {}, .on_tokens = [&](const RecordPtr&) { seen = token(); }});
  sign_in();
  EXPECT_EQ(seen, "at-1");
}

TEST_F(SessionTest, an_observer_whose_handle_is_gone_hears_nothing) {
  int heard = 0;
  auto observer = session_->observe({.on_state = [&](const StateChange&) { ++heard; }, .on_tokens = {}});
  observer.reset();
  sign_in();
  EXPECT_EQ(heard, 0);
}

}  // namespace
}  // namespace latchkey::session
