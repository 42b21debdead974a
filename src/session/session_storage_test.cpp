// Stores that refuse, lock, or are shared with another process.
#include "tests/support/session_test.h"

namespace latchkey::session {
namespace {

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

// --- another process ---

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

}  // namespace
}  // namespace latchkey::session
