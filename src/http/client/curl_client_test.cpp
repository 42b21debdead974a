// The client against a real TLS server on a loopback port, with certificates made for the test. Its parts have files
// of their own: curl_client_{tls,sending,receiving,reach}_test.cpp.
#include "http/client/curl_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

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

TEST(CurlClient, requests_in_a_row_share_a_connection) {
  const ScriptedServer server(says(testing::lasting_reply("{}")));
  const auto client = client_with({});
  Request post = get(server.url());
  post.method = Method::post;
  EXPECT_TRUE(client->send(get(server.url())));
  EXPECT_TRUE(client->send(post));
  EXPECT_TRUE(client->send(get(server.url())));
  EXPECT_EQ(server.connections(), 1);
}

TEST(CurlClient, a_silent_server_times_out) {
  CurlOptions options;
  options.total_timeout = std::chrono::milliseconds(50);
  const ScriptedServer server([](const std::string&) { return std::nullopt; });
  EXPECT_EQ(code_of(client_with(options)->send(get(server.url()))), Code::network_timeout);
}

TEST(CurlClient, a_closed_port_is_unreachable) {
  std::string url;
  {
    const ScriptedServer gone(says(""));
    url = gone.url();
  }
  EXPECT_EQ(code_of(client_with({})->send(get(url))), Code::network_unreachable);
}

TEST(CurlClient, a_broken_connection_is_unreachable) {
  const ScriptedServer silent(says(""));
  const ScriptedServer cut(says("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"));
  const auto client = client_with({});
  EXPECT_EQ(code_of(client->send(get(silent.url()))), Code::network_unreachable);
  EXPECT_EQ(code_of(client->send(get(cut.url()))), Code::network_unreachable);
}

TEST(CurlClient, what_is_not_http_is_a_protocol_violation) {
  const ScriptedServer babble(says("SSH-2.0-OpenSSH_9.2\r\n\r\n\r\n"));
  EXPECT_EQ(code_of(client_with({})->send(get(babble.url()))), Code::protocol_violation);
}

TEST(CurlClient, a_cancelled_request_stops_at_once) {
  std::stop_source stop;
  const ScriptedServer server([&](const std::string&) {
    stop.request_stop();
    return std::nullopt;
  });
  EXPECT_EQ(code_of(client_with({})->send(get(server.url()), stop.get_token())), Code::cancelled);
}

TEST(CurlClient, an_already_cancelled_request_is_never_sent) {
  std::stop_source stop;
  stop.request_stop();
  const ScriptedServer server(says(http_reply("")));
  EXPECT_EQ(code_of(client_with({})->send(get(server.url()), stop.get_token())), Code::cancelled);
  EXPECT_EQ(server.bytes_received(), 0u);
}

TEST(CurlClient, wrong_options_are_configuration_errors) {
  const auto outcome = [](auto change) {
    CurlOptions options;
    change(options);
    const auto client = CurlClient::create(options);
    return client ? Code::internal : client.error().code;
  };
  EXPECT_EQ(outcome([](auto& o) { o.connect_timeout = {}; }), Code::configuration_invalid);
  EXPECT_EQ(outcome([](auto& o) { o.max_response_body_bytes = 0; }), Code::configuration_invalid);
  EXPECT_EQ(outcome([](auto& o) { o.ca_file = "/no/such/file"; }), Code::configuration_invalid);
}

TEST(CurlClient, many_threads_share_one_client) {
  const ServerIdentity identity = ca().issue("IP:127.0.0.1");
  const ScriptedServer server(says(http_reply("x")), &identity);
  const auto client = client_with(trusting());
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 4; ++n) answered += client->send(get(server.url())).has_value();
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(answered, 32);
}

}  // namespace
}  // namespace latchkey::http
