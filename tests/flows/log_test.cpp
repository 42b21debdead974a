// Row 68 of the security catalogue: no secret reaches the log, at the most talkative level, in good times and bad.
#include <gtest/gtest.h>

#include "base/log.h"
#include "protocol/json.h"
#include "protocol/routes.h"
#include "tests/support/identity_server.h"

namespace latchkey {
namespace {

using tests::Browser;
using tests::IdentityServer;
using tests::Page;
namespace routes = protocol::routes;
using Fields = std::map<std::string, std::string>;
constexpr std::string_view wrong_password = "a mistyped canary password";

std::string member_of(const Page& page, std::string_view member) {
  const auto json = protocol::json::parse(page.text);
  const auto* value = json ? json->find(member) : nullptr;
  return value != nullptr ? std::string(value->to_string().value_or("")) : std::string();
}

struct Story {
  // Signs in, and does what goes wrong, too; notes every secret that was seen.
  void tell() {
    const auto link = server.server->invite_first_admin();
    secrets.push_back(tests::query_of(**link)["token"]);
    Browser browser = server.browser();
    browser.get(**link);
    Browser thief = server.browser();
    server.sign_in(thief, thief.get(routes::sign_in), tests::ada, wrong_password);
    const std::string code = tests::query_of(server.code_url(browser, server.authorization()))["code"];
    for (const auto& [name, cookie] : browser.cookies()) secrets.push_back(cookie.value);
    const Page first = redeem(code);
    for (const char* member : {"access_token", "refresh_token", "id_token"})
      secrets.push_back(member_of(first, member));
    const Page second = use(member_of(first, "refresh_token"));
    const Page third = use(member_of(second, "refresh_token"));
    for (const Page* page : {&second, &third})
      for (const char* member : {"access_token", "refresh_token"}) secrets.push_back(member_of(*page, member));
    server.clock.advance(std::chrono::minutes(3));
    EXPECT_EQ(member_of(use(member_of(first, "refresh_token")), "error"), "invalid_grant") << "reuse";
    EXPECT_EQ(redeem(code).status, 400) << "a code used twice";
    browser.get(std::string(routes::userinfo) + "?access_token=" + member_of(third, "access_token"));
    server.db->stop();
    EXPECT_EQ(use(member_of(third, "refresh_token")).status, 503);
    secrets.insert(secrets.end(), {code, std::string(tests::ada_password), std::string(wrong_password),
                                   std::string(tests::pkce_verifier)});
  }
  Page redeem(const std::string& code) {
    return server.browser().post(routes::token, {{"grant_type", "authorization_code"},
                                                 {"client_id", "app"},
                                                 {"code", code},
                                                 {"redirect_uri", std::string(tests::app_callback)},
                                                 {"code_verifier", std::string(tests::pkce_verifier)}});
  }
  Page use(const std::string& token) {
    return server.browser().post(routes::token,
                                 {{"grant_type", "refresh_token"}, {"client_id", "app"}, {"refresh_token", token}});
  }

  IdentityServer server;
  std::vector<std::string> secrets;
};

TEST(Logs, row_68_hold_no_secret) {
  Story story;
  story.server.add_client("app");
  story.server.add_user(tests::ada, tests::ada_password);
  log::set_level(log::Level::debug);
  ::testing::internal::CaptureStderr();
  story.tell();
  const std::string lines = ::testing::internal::GetCapturedStderr();
  log::set_level(log::Level::info);

  EXPECT_NE(lines.find("refresh token reused"), std::string::npos) << "the positive control: something was logged";
  EXPECT_EQ(lines.find(tests::ada), std::string::npos) << "no names of people either";
  ASSERT_GE(story.secrets.size(), 12U);
  for (const std::string& secret : story.secrets) {
    ASSERT_GE(secret.size(), 16U) << "a secret was not seen at all";
    EXPECT_EQ(lines.find(secret), std::string::npos) << lines;
  }
}

}  // namespace
}  // namespace latchkey
