// Signing in and out, and who hears of it.
#include "tests/support/session_test.h"

namespace latchkey::session {
namespace {

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
  EXPECT_EQ(provider_.revoked, std::vector<std::string>{"rt-1"});
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
