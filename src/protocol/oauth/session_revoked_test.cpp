#include "protocol/oauth/session_revoked.h"

#include <gtest/gtest.h>

namespace latchkey::protocol::oauth {
namespace {

TEST(SessionRevoked, prints_the_golden_claims) {
  const SessionRevoked event{"https://id.example",
                             "gateway",
                             "j1",
                             from_unix_seconds(1'700'000'060),
                             "u1",
                             "s1",
                             "app",
                             from_unix_seconds(1'700'000'000),
                             InitiatingEntity::policy,
                             "reuse"};
  EXPECT_EQ(print_session_revoked_claims(event),
            R"({"iss":"https://id.example","aud":"gateway","jti":"j1","iat":1700000060,)"
            R"("sub_id":{"format":"complex","user":{"format":"iss_sub","iss":"https://id.example","sub":"u1"},)"
            R"("session":{"format":"opaque","id":"s1"},"application":{"format":"opaque","id":"app"}},)"
            R"("events":{"https://schemas.openid.net/secevent/caep/event-type/session-revoked":)"
            R"({"event_timestamp":1700000000,"initiating_entity":"policy","reason_admin":{"en":"reuse"}}}})");
}

}  // namespace
}  // namespace latchkey::protocol::oauth
