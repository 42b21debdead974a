#include "protocol/oauth/end_session.h"

#include <gtest/gtest.h>

#include "protocol/limits.h"

namespace latchkey::protocol::oauth {
namespace {

TEST(EndSession, reads_and_prints) {
  const std::string_view query =
      "id_token_hint=h.p.s&client_id=app&post_logout_redirect_uri=https%3A%2F%2Fapp.example%2Fbye&state=s";
  const auto request = parse_end_session_request(*form::Form::parse(query));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->id_token_hint->reveal_text(), "h.p.s");
  EXPECT_EQ(request->post_logout_redirect_uri, "https://app.example/bye");
  EXPECT_EQ(print_end_session_request(*request), query);
}

TEST(EndSession, everything_is_optional) { EXPECT_TRUE(parse_end_session_request(form::Form())); }

TEST(EndSession, refuses_long_values) {
  EXPECT_FALSE(parse_end_session_request(*form::Form::parse("state=" + std::string(limits::state_bytes + 1, 's'))));
  EXPECT_FALSE(
      parse_end_session_request(*form::Form::parse("id_token_hint=" + std::string(limits::jwt_bytes + 1, 's'))));
  EXPECT_FALSE(
      parse_end_session_request(*form::Form::parse("client_id=" + std::string(limits::client_id_bytes + 1, 's'))));
}

}  // namespace
}  // namespace latchkey::protocol::oauth
