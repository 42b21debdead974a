// A session with a provider and a store that do what a test says, for the tests of session.h.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "session/session.h"
#include "tests/support/failing_token_store.h"
#include "tests/support/fake_provider.h"
#include "tests/support/test_browser.h"

namespace latchkey::session {

using testing::FakeProvider;
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
  testing::FailingTokenStore store_;
  NoRefreshLock lock_;
  testing::TestBrowser browser_{[this](const std::string& url) { return provider_.authorize(url); }};
  SignInOptions options_;
  std::unique_ptr<Session> session_;
};

}  // namespace latchkey::session
