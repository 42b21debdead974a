#include "session/session_record.h"

#include <gtest/gtest.h>

#include "tests/support/sample_record.h"

namespace latchkey::session {
namespace {

using testing::sample_record;

Code code_of(std::string_view text) {
  const auto record = parse_session_record(text);
  return record ? Code::internal : record.error().code;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

class SessionRecordTest : public ::testing::Test {
 protected:
  Instant now_ = from_unix_seconds(1'700'000'000);
  SessionRecord record_ = sample_record(now_);
  std::string text_{print_session_record(record_)};
};

TEST_F(SessionRecordTest, comes_back_as_it_was) {
  const auto read = parse_session_record(text_);
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(print_session_record(*read), print_session_record(record_));
  EXPECT_EQ(read->subject, "alice");
  EXPECT_EQ(read->expires_at, record_.expires_at);
  EXPECT_EQ(as_text(read->dpop_key->reveal()), as_text(record_.dpop_key->reveal()));
}

TEST_F(SessionRecordTest, optional_fields_may_be_missing) {
  record_.refresh_token.reset();
  record_.refresh_expires_at.reset();
  record_.authorization_expires_at.reset();
  record_.id_token.reset();
  record_.dpop_key.reset();
  record_.token_type = protocol::oauth::TokenType::bearer;
  record_.subject.clear();
  const auto read = parse_session_record(print_session_record(record_));
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_FALSE(read->refresh_token);
  EXPECT_FALSE(read->dpop_key);
  EXPECT_EQ(read->subject, "");
}

TEST_F(SessionRecordTest, a_newer_version_is_left_alone) {
  EXPECT_EQ(code_of(replaced(text_, "\"v\":1", "\"v\":2")), Code::future_version);
}

TEST_F(SessionRecordTest, damage_is_refused) {
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"\"v\":1", "\"v\":0"},
                                                        {"\"v\":1", "\"v\":\"1\""},
                                                        {"\"revision\":1", "\"revision\":0"},
                                                        {"\"issuer\"", "\"publisher\""},
                                                        {"\"access_token\":\"at-1\"", "\"access_token\":\"\""},
                                                        {"\"access_token\":\"at-1\"", "\"access_token\":null"},
                                                        {"\"token_type\":\"DPoP\"", "\"token_type\":\"MAC\""},
                                                        {"\"token_type\":\"DPoP\"", "\"token_type\":\"Bearer\""},
                                                        {"\"dpop_key\":\"", "\"dpop_key\":\"="},
                                                        {"\"expires_at\":", "\"expires_at\":1e3,\"x\":"}})
    EXPECT_EQ(code_of(replaced(text_, from, to)), Code::invalid_format) << to;
  EXPECT_EQ(code_of(""), Code::invalid_format);
  EXPECT_EQ(code_of(text_ + "{}"), Code::invalid_format);
}

protocol::oauth::TokenResponse answer() {
  protocol::oauth::TokenResponse response;
  response.access_token = protocol::oauth::AccessToken::copy_of(std::string_view("at-2"));
  response.token_type = protocol::oauth::TokenType::dpop;
  response.expires_in = std::chrono::seconds(60);
  return response;
}

TEST_F(SessionRecordTest, new_tokens_replace_what_the_answer_names) {
  auto response = answer();
  response.refresh_token = protocol::oauth::RefreshToken::copy_of(std::string_view("rt-2"));
  response.refresh_token_expires_in = std::chrono::seconds(100);
  take_tokens(record_, std::move(response), now_);
  EXPECT_EQ(record_.access_token.reveal_text(), "at-2");
  EXPECT_EQ(record_.refresh_token->reveal_text(), "rt-2");
  EXPECT_EQ(record_.expires_at, now_ + std::chrono::seconds(60));
  EXPECT_EQ(record_.refresh_expires_at, now_ + std::chrono::seconds(100));
}

TEST_F(SessionRecordTest, new_tokens_leave_what_the_answer_does_not_name) {
  take_tokens(record_, answer(), now_);
  EXPECT_EQ(record_.refresh_token->reveal_text(), "rt-1");
  EXPECT_EQ(record_.scope, "openid");
  EXPECT_EQ(record_.id_token->reveal_text(), "h.p.s");
}

TEST_F(SessionRecordTest, an_unnamed_lifetime_is_five_minutes) {
  auto response = answer();
  response.expires_in = std::chrono::seconds(0);
  take_tokens(record_, std::move(response), now_);
  EXPECT_EQ(record_.expires_at, now_ + std::chrono::minutes(5));
}

TEST_F(SessionRecordTest, an_absurd_lifetime_does_not_overflow) {
  auto response = answer();
  response.expires_in = std::chrono::seconds::max();
  response.authorization_expires_in = std::chrono::seconds::max();
  take_tokens(record_, std::move(response), now_);
  EXPECT_LT(record_.expires_at, now_ + std::chrono::years(11));
  EXPECT_LT(*record_.authorization_expires_at, now_ + std::chrono::years(11));
}

}  // namespace
}  // namespace latchkey::session
