// What ends a session: invalid_grant, another process, and nothing else.
#include "tests/support/session_test.h"

namespace latchkey::session {
namespace {

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

}  // namespace
}  // namespace latchkey::session
