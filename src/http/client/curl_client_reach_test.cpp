// Where the client goes: row 61 of the attack list (server-side request forgery), proxies, plain http.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/curl_clients.h"

namespace latchkey::http {
namespace {

using testing::ca;
using testing::client_with;
using testing::code_of;
using testing::get;
using testing::http_reply;
using testing::says;
using testing::ScriptedServer;
using testing::ServerIdentity;
using testing::trusting;

TEST(CurlClient, plain_http_works_on_loopback_only) {
  const ScriptedServer server(says(http_reply("plain")));
  const auto client = client_with({});
  EXPECT_TRUE(client->send(get(server.url())));
  EXPECT_TRUE(client->send(get(server.url("/", "localhost"))));
  EXPECT_EQ(code_of(client->send(get("http://192.0.2.1/"))), Code::http_not_allowed);
}

TEST(CurlClient, the_environment_names_no_proxy) {
  const ScriptedServer proxy(says(http_reply("proxied")));
  const ScriptedServer server(says(http_reply("direct")));
  setenv("http_proxy", proxy.url().c_str(), 1);
  const auto direct = client_with({})->send(get(server.url()));
  CurlOptions options;
  options.proxy = ProxyUse::from_environment;
  const auto proxied = client_with(options)->send(get(server.url()));
  unsetenv("http_proxy");
  ASSERT_TRUE(direct && proxied);
  EXPECT_EQ(direct->body_text(), "direct");
  EXPECT_EQ(proxied->body_text(), "proxied");
}

CurlOptions public_only(std::vector<std::string> also = {}) {
  CurlOptions options = trusting();
  options.reach = Reach::public_only;
  for (const std::string& text : also) options.also_reachable.push_back(*AddressRange::parse(text));
  return options;
}

TEST(CurlClientReach, row_61_a_name_or_address_that_leads_inside_is_refused_before_a_connection) {
  const ServerIdentity identity = ca().issue("IP:127.0.0.1,DNS:localhost");
  const ScriptedServer server(says(http_reply("secret")), &identity);
  const auto client = client_with(public_only());
  // A public name that resolves to such an address looks like localhost here: what counts is the address at the end.
  for (const char* host : {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "[::ffff:127.0.0.1]"}) {
    const auto response = client->send(get(server.url("/", host)));
    ASSERT_FALSE(response) << host;
    EXPECT_EQ(response.error().detail, "the address is not public, and not allowed") << host;
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST(CurlClientReach, row_61_the_clouds_own_addresses_are_refused) {
  const auto client = client_with(public_only());
  for (const char* url : {"https://169.254.169.254/latest/meta-data/", "https://[fd00:ec2::254]/", "https://10.0.0.1/",
                          "https://192.168.1.1/", "https://[fe80::1]/", "https://0.0.0.0/", "https://100.64.0.1/"}) {
    const auto response = client->send(get(url));
    ASSERT_FALSE(response) << url;
    EXPECT_EQ(response.error().detail, "the address is not public, and not allowed") << url;
  }
}

TEST(CurlClientReach, row_61_a_redirect_inside_is_not_followed) {
  const ServerIdentity identity = ca().issue("IP:127.0.0.1");
  const ScriptedServer inside(says(http_reply("secret")));
  const ScriptedServer outside(says(http_reply("", "307 Temporary Redirect", "Location: " + inside.url() + "\r\n")),
                               &identity);
  const auto response = client_with(public_only({"127.0.0.1"}))->send(get(outside.url()));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 307);
  EXPECT_EQ(inside.connections(), 0);
}

TEST(CurlClientReach, what_the_operator_allows_is_reached) {
  const ServerIdentity identity = ca().issue("IP:127.0.0.1");
  const ScriptedServer server(says(http_reply("hello")), &identity);
  EXPECT_TRUE(client_with(public_only({"10.0.0.0/8", "127.0.0.0/8"}))->send(get(server.url())));
  EXPECT_FALSE(client_with(public_only({"10.0.0.0/8", "127.0.0.2"}))->send(get(server.url())));
}

TEST(CurlClientReach, a_proxy_would_look_names_up_by_itself) {
  CurlOptions options = public_only();
  options.proxy = ProxyUse::from_environment;
  EXPECT_EQ(CurlClient::create(std::move(options)).error().code, Code::configuration_invalid);
}

}  // namespace
}  // namespace latchkey::http
