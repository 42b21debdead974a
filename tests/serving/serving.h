// A server with one user, who is signed in in a browser, and sessions of the client every server knows.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "http/client/curl_client.h"
#include "identity/clients/client_store.h"
#include "identity/tokens/refresh_token.h"
#include "protocol/json.h"
#include "protocol/routes.h"
#include "tests/support/browser.h"
#include "tests/support/identity_server.h"
#include "tests/support/serve_process.h"
#include "tests/support/temporary_folder.h"

namespace latchkey::tests {

struct TokenReply {
  int status = 0;  // 0: no answer came
  std::string refresh_token, error, retry_after;
};

class ServingTest : public ::testing::Test {
 protected:
  static constexpr const char* callback = "http://127.0.0.1/callback";

  // False, with what it printed as a failure, when it does not start.
  bool start() {
    server_ = std::make_unique<ServeProcess>(options_);
    const auto ready = protocol::json::parse_object(server_->wait_until_ready());
    if (!ready) ADD_FAILURE() << "the server ended with " << server_->wait();
    if (ready && invite_.empty() && ready->find("invite") != nullptr)
      invite_ = *protocol::json::get_string(*ready, "invite");
    return ready.has_value() && browser_.get(protocol::routes::health).status == 200;
  }

  void become_admin() {
    auto fields = browser_.get(invite_).form(protocol::routes::invite);
    fields["login_name"] = ada;
    fields["new_password"] = fields["new_password_again"] = ada_password;
    ASSERT_EQ(browser_.post(protocol::routes::invite, fields).status, 303);
  }

  // A new family of tokens; the browser is signed in.
  std::string sign_in_app() {
    const std::string url = options_.issuer() + std::string(protocol::routes::authorize) + "?" +
                            print_form({{"response_type", "code"},
                                        {"client_id", std::string(identity::default_client_id)},
                                        {"redirect_uri", callback},
                                        {"scope", "openid offline_access"},
                                        {"state", "the-state"},
                                        {"code_challenge", std::string(pkce_challenge)},
                                        {"code_challenge_method", "S256"}});
    const std::string landed = browser_.follow(browser_.get(url)).location();
    const TokenReply reply = ask_for_tokens(*http_, {{"grant_type", "authorization_code"},
                                                     {"code", query_of(landed)["code"]},
                                                     {"redirect_uri", callback},
                                                     {"code_verifier", std::string(pkce_verifier)}});
    EXPECT_EQ(reply.status, 200) << reply.error;
    return reply.refresh_token;
  }

  TokenReply refresh(http::Client& client, const std::string& token) const {
    return ask_for_tokens(client, {{"grant_type", "refresh_token"}, {"refresh_token", token}});
  }
  // Whether the server said so.
  bool revoke(http::Client& client, const std::string& token) const {
    const auto response = post(client, protocol::routes::revoke, {{"token", token}});
    return response && response->status == 200;
  }

  static std::unique_ptr<http::Client> make_client() { return *http::CurlClient::create(); }

  testing::TemporaryFolder folder_;
  ServeOptions options_{.data = folder_.path() / "data"};
  std::unique_ptr<ServeProcess> server_;
  std::string invite_;
  std::unique_ptr<http::Client> http_ = make_client();
  Browser browser_{*http_, options_.issuer()};

 private:
  Result<http::Response> post(http::Client& client, std::string_view route,
                              std::map<std::string, std::string> fields) const {
    fields["client_id"] = identity::default_client_id;
    http::Request request;
    request.method = http::Method::post;
    request.url = options_.issuer() + std::string(route);
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    request.body = WipedString(print_form(fields));
    return client.send(request);
  }
  TokenReply ask_for_tokens(http::Client& client, std::map<std::string, std::string> fields) const {
    const auto response = post(client, protocol::routes::token, std::move(fields));
    if (!response) return {};
    TokenReply reply{.status = response->status,
                     .refresh_token = {},
                     .error = {},
                     .retry_after = std::string(response->headers.find("Retry-After").value_or(""))};
    const auto json = protocol::json::parse_object(response->body_text());
    if (!json) return reply;
    if (const auto token = protocol::json::get_string(*json, "refresh_token")) reply.refresh_token = *token;
    if (const auto error = protocol::json::get_string(*json, "error")) reply.error = *error;
    return reply;
  }
};

}  // namespace latchkey::tests
