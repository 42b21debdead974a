#include "http/server/server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <thread>

#include "tests/support/raw_http.h"

namespace latchkey::http {
namespace {

using namespace std::chrono_literals;
using testing::RawHttp;

constexpr std::string_view get_small = "GET /small HTTP/1.1\r\nHost: a\r\n\r\n";

std::string post(std::string_view path, std::string_view body) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

// Lets a handler wait on its event loop until the test opens it.
class Gate {
 public:
  auto pass() {
    struct Awaiter {
      Gate& gate;
      bool await_ready() const { return false; }
      void await_suspend(std::coroutine_handle<> handle) {
        const std::lock_guard lock(gate.mutex_);
        gate.waiting_.emplace_back(current_executor, handle);
        gate.changed_.notify_all();
      }
      void await_resume() const {}
    };
    return Awaiter{*this};
  }
  void wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_.size() >= count; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    for (const auto& [executor, handle] : waiting_) executor->post(handle);
    waiting_.clear();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<Executor*, std::coroutine_handle<>>> waiting_;
};

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    routes_.add(Method::get, "/small",
                [](const Request&) -> Task<Response> { co_return json_response(200, "{\"ok\":true}"); });
    routes_.add(Method::post, "/echo", [](const Request& request) -> Task<Response> {
      co_return text_response(200, "text/plain", WipedString(request.body));
    });
    routes_.add(Method::post, "/tiny", [](const Request&) -> Task<Response> { co_return empty_response(204); },
                {.max_body_bytes = 8});
    routes_.add(Method::get, "/large", [](const Request&) -> Task<Response> {
      co_return text_response(200, "text/plain", WipedString(4'000'000, 'x'));
    });
    routes_.add(Method::get, "/throws", [](const Request&) -> Task<Response> {
      throw std::runtime_error("secret");
      co_return empty_response(200);
    });
    routes_.add(Method::get, "/who", [](const Request& request) -> Task<Response> {
      co_return text_response(200, "text/plain", WipedString(to_string(request.client)));
    });
    routes_.add(Method::get, "/gate", [this](const Request&) -> Task<Response> {
      co_await gate_.pass();
      co_return text_response(200, "text/plain", "through");
    });
  }

  void start(ServerOptions options = {}) {
    options.limits.connections_per_address = std::max<std::size_t>(options.limits.connections_per_address, 64);
    server_ = Server::start(routes_, std::move(options)).value();
  }
  RawHttp connect() const { return RawHttp(server_->port()); }
  std::string ask(std::string_view request) const {
    RawHttp client(server_->port());
    client.send(request);
    client.finish_sending();
    return client.read_all();
  }

  Gate gate_;
  Router routes_;
  std::unique_ptr<Server> server_;
};

bool is(std::string_view response, std::string_view status) {
  return response.starts_with("HTTP/1.1 " + std::string(status) + " ");
}

TEST_F(ServerTest, answers_with_guards) {
  start();
  const std::string response = ask(get_small);
  EXPECT_TRUE(is(response, "200"));
  EXPECT_TRUE(response.ends_with("\r\n\r\n{\"ok\":true}"));
  for (const char* header :
       {"X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer", "Cache-Control: no-store",
        "Cross-Origin-Opener-Policy: same-origin", "Permissions-Policy: ", "Date: "})
    EXPECT_NE(response.find(header), std::string::npos) << header;
  EXPECT_EQ(response.find("Strict-Transport-Security"), std::string::npos);
  EXPECT_EQ(response.find("Server:"), std::string::npos);
}

TEST_F(ServerTest, keeps_a_connection_for_many_requests) {
  start();
  RawHttp client(server_->port());
  for (int i = 0; i < 50; ++i) {
    client.send(get_small);
    EXPECT_TRUE(is(client.read_response(), "200"));
    client.send(post("/echo", "hello"));
    EXPECT_TRUE(client.read_response().ends_with("hello"));
  }
  EXPECT_EQ(server_->open_connections(), 1U);
}

TEST_F(ServerTest, a_connection_ends_after_its_share_of_requests) {
  start({.limits = {.requests_per_connection = 3}});
  RawHttp client(server_->port());
  for (int i = 0; i < 3; ++i) client.send(get_small);
  const std::string all = client.read_all();
  EXPECT_EQ(testing::count_responses(all), 3U);
  EXPECT_NE(all.find("Connection: close"), std::string::npos);
}

TEST_F(ServerTest, pipelined_requests_are_answered_in_order_up_to_a_bound) {
  start();
  std::string requests;
  for (int i = 0; i < 10; ++i) requests += post("/echo", std::string(1, static_cast<char>('a' + i)));
  RawHttp client(server_->port());
  client.send(requests);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(client.read_response().back(), 'a' + i);

  requests.clear();
  for (int i = 0; i < 30; ++i) requests += get_small;
  const std::string all = ask(requests);
  EXPECT_EQ(testing::count_responses(all), protocol::limits::pipelined_requests + 1);
  EXPECT_NE(all.find("HTTP/1.1 400 "), std::string::npos);
}

TEST_F(ServerTest, requests_may_come_in_any_pieces) {
  start();
  const std::string chunked =
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1\r\n!\r\n0\r\n\r\n";
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 1000U}) {
    RawHttp client(server_->port());
    for (std::size_t at = 0; at < chunked.size(); at += piece) client.send(chunked.substr(at, piece));
    EXPECT_TRUE(client.read_response().ends_with("\r\n\r\nhello!")) << piece;
    client.send(get_small);
    EXPECT_TRUE(is(client.read_response(), "200"));
  }
}

TEST_F(ServerTest, head_has_the_length_without_the_bytes) {
  start();
  RawHttp client(server_->port());
  client.send("HEAD /small HTTP/1.1\r\nHost: a\r\n\r\nGET /who HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string all = client.read_all();
  EXPECT_NE(all.find("Content-Length: 11\r\n\r\nHTTP/1.1 200 OK"), std::string::npos) << all;
}

TEST_F(ServerTest, http_1_0_gets_one_answer) {
  start();
  const std::string response = ask("GET /small HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(is(response, "200"));
  EXPECT_NE(response.find("Connection: close"), std::string::npos);
}

TEST_F(ServerTest, bodies_are_bounded_by_their_route) {
  start();
  EXPECT_TRUE(is(ask(post("/tiny", "12345678")), "204"));
  EXPECT_TRUE(is(ask(post("/tiny", "123456789")), "413"));
  EXPECT_TRUE(is(
      ask("POST /tiny HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n4\r\n6789\r\n0\r\n\r\n"),
      "413"));
  EXPECT_TRUE(is(ask(post("/echo", std::string(64 * 1024, 'x'))), "200"));
  EXPECT_TRUE(is(ask(post("/echo", std::string(64 * 1024 + 1, 'x'))), "413"));
  EXPECT_TRUE(is(ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\n"), "413"));
  EXPECT_TRUE(is(ask(post("/nothing", "abc")), "404"));
}

TEST_F(ServerTest, heads_are_bounded) {
  start();
  EXPECT_TRUE(is(ask("GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n"), "414"));
  EXPECT_TRUE(is(ask("GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(17000, 'a') + "\r\n\r\n"), "431"));
  std::string fields;
  for (int i = 0; i < 64; ++i) fields += "A: b\r\n";
  EXPECT_TRUE(is(ask("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"), "431"));
}

TEST_F(ServerTest, waits_for_100_continue_are_answered) {
  start();
  RawHttp client(server_->port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_response(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hello");
  EXPECT_TRUE(client.read_response().ends_with("hello"));
  client.send("POST /tiny HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(is(client.read_response(), "413"));
}

TEST_F(ServerTest, slow_heads_are_cut_off) {
  start({.limits = {.head = 40ms}});
  RawHttp client(server_->port());
  client.send("GET /small HTTP/1.1\r\nHost");
  const std::string all = client.read_all();
  EXPECT_TRUE(is(all, "408")) << all;
  EXPECT_EQ(testing::count_responses(all), 1U);
}

TEST_F(ServerTest, a_head_that_trickles_in_is_cut_off_too) {
  start({.limits = {.head = 60ms}});
  RawHttp client(server_->port());
  std::string_view head = "GET /small HTTP/1.1\r\nHost: a\r\nAccept: ";
  client.send(head);
  int sent = 0;
  while (client.send("x") && sent < 4000) ++sent, std::this_thread::sleep_for(5ms);
  EXPECT_LT(sent, 4000) << "the server did not close";
  EXPECT_EQ(server_->requests_in_flight(), 0U);
}

TEST_F(ServerTest, slow_bodies_are_cut_off) {
  start({.limits = {.slow_grace = 40ms, .minimum_bytes_per_second = 1'000'000}});
  RawHttp client(server_->port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\nabc");
  EXPECT_TRUE(is(client.read_all(), "408"));
}

TEST_F(ServerTest, slow_readers_are_cut_off) {
  start({.limits = {.slow_grace = 40ms, .minimum_bytes_per_second = 1'000'000'000}});
  RawHttp client(server_->port());
  const int small = 4096;
  setsockopt(client.native(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  for (int i = 0; i < 3; ++i) client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  for (int i = 0; i < 20'000 && server_->open_connections() != 0; ++i) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(server_->open_connections(), 0U);
}

TEST_F(ServerTest, idle_connections_are_closed_without_a_word) {
  start({.limits = {.idle = 40ms}});
  RawHttp client(server_->port());
  EXPECT_EQ(client.read_all(), "");
  RawHttp used(server_->port());
  used.send(get_small);
  EXPECT_EQ(testing::count_responses(used.read_all()), 1U);
}

TEST_F(ServerTest, large_responses_arrive_whole) {
  start();
  const std::string response = ask("GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(response.size() - response.find("\r\n\r\n") - 4, 4'000'000U);
}

TEST_F(ServerTest, an_exception_in_a_handler_is_a_500_that_says_nothing) {
  start();
  RawHttp client(server_->port());
  client.send("GET /throws HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string response = client.read_response();
  EXPECT_TRUE(is(response, "500"));
  EXPECT_EQ(response.find("secret"), std::string::npos);
  client.send(get_small);
  EXPECT_TRUE(is(client.read_response(), "200"));
}

TEST_F(ServerTest, two_hundred_connections_at_once_are_served) {
  ServerOptions options{.threads = 2};
  options.limits.connections_per_address = 200;
  start(std::move(options));
  std::vector<std::unique_ptr<RawHttp>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<RawHttp>(server_->port()));
    ASSERT_TRUE(clients.back()->is_connected());
    clients.back()->send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  gate_.wait_for(200);
  EXPECT_EQ(server_->requests_in_flight(), 200U);
  gate_.open();
  for (const auto& client : clients) EXPECT_TRUE(client->read_response().ends_with("through"));
  for (const auto& client : clients) client->send(get_small);
  for (const auto& client : clients) EXPECT_TRUE(is(client->read_response(), "200"));
}

TEST_F(ServerTest, connections_of_one_address_are_bounded) {
  start();
  std::vector<std::unique_ptr<RawHttp>> clients;
  for (int i = 0; i < 64; ++i) {
    clients.push_back(std::make_unique<RawHttp>(server_->port()));
    clients.back()->send(get_small);
    EXPECT_TRUE(is(clients.back()->read_response(), "200"));
  }
  RawHttp one_more(server_->port());
  EXPECT_EQ(one_more.read_all(), "");
  clients.pop_back();
  while (server_->open_connections() == 64) std::this_thread::yield();
  EXPECT_TRUE(is(ask(get_small), "200"));
}

TEST_F(ServerTest, trusted_proxies_name_the_client_and_are_not_bounded) {
  start({.trusted_proxies = {AddressRange::parse("127.0.0.0/8").value()}});
  EXPECT_TRUE(
      ask("GET /who HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6, 192.0.2.9\r\n\r\n").ends_with("192.0.2.9"));
  std::vector<std::unique_ptr<RawHttp>> clients;
  for (int i = 0; i < 80; ++i) clients.push_back(std::make_unique<RawHttp>(server_->port()));
  clients.back()->send(get_small);
  EXPECT_TRUE(is(clients.back()->read_response(), "200"));
}

TEST_F(ServerTest, other_peers_do_not_name_the_client) {
  start();
  EXPECT_TRUE(ask("GET /who HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.9\r\n\r\n").ends_with("127.0.0.1"));
}

TEST_F(ServerTest, draining_finishes_what_is_under_way) {
  start();
  RawHttp busy(server_->port());
  RawHttp idle(server_->port());
  idle.send(get_small);
  EXPECT_TRUE(is(idle.read_response(), "200"));
  busy.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
  gate_.wait_for(1);
  const std::uint16_t port = server_->port();
  std::jthread stopping([this] { server_->stop(); });
  EXPECT_EQ(idle.read_all(), "");
  EXPECT_FALSE(RawHttp(port).is_connected());
  gate_.open();
  const std::string response = busy.read_all();
  EXPECT_TRUE(response.ends_with("through"));
  EXPECT_NE(response.find("Connection: close"), std::string::npos);
}

TEST_F(ServerTest, draining_does_not_wait_for_a_slow_client) {
  start({.limits = {.drain = 40ms}});
  RawHttp slow(server_->port());
  slow.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc");
  while (server_->open_connections() == 0) std::this_thread::yield();
  server_->stop();
  EXPECT_EQ(server_->open_connections(), 0U);
  server_->stop();  // again
}

TEST_F(ServerTest, access_records_have_no_query) {
  std::mutex mutex;
  std::string seen;
  start({.on_access = [&](const AccessRecord& record) {
    const std::lock_guard lock(mutex);
    seen = std::string(name_of(record.method)) + " " + std::string(record.path) + " " + std::to_string(record.status);
    write_access_to_debug_log(record);
  }});
  ask("GET /small?code=canary HTTP/1.1\r\nHost: a\r\n\r\n");
  server_->stop();
  EXPECT_EQ(seen, "GET /small 200");
}

TEST_F(ServerTest, a_taken_port_is_reported_whatever_the_threads) {
  start({.threads = 2});
  for (const unsigned threads : {1U, 2U})
    EXPECT_EQ(Server::start(routes_, {.port = server_->port(), .threads = threads}).error().code, Code::already_exists);
}

TEST_F(ServerTest, refuses_settings_that_cannot_work) {
  EXPECT_EQ(Server::start(routes_, {.address = "localhost"}).error().code, Code::configuration_invalid);
  EXPECT_EQ(Server::start(routes_, {.limits = {.head = 0ms}}).error().code, Code::configuration_invalid);
  EXPECT_EQ(Server::start(routes_, {.limits = {.connections = 0}}).error().code, Code::configuration_invalid);
  EXPECT_EQ(Server::start(routes_, {.tls = TlsOptions{"x", "y"}}).error().code, Code::configuration_invalid);
}

}  // namespace
}  // namespace latchkey::http
