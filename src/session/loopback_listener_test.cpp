#include "session/loopback_listener.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/support/test_browser.h"

namespace latchkey::session {
namespace {

using testing::exchange_with_port;
using testing::port_of;
using testing::visit;
using namespace std::chrono_literals;

class LoopbackListenerTest : public ::testing::Test {
 protected:
  // Waits while `visitor` does its part, and shows the page of success.
  std::string wait_for(const std::function<void()>& visitor) {
    std::thread thread(visitor);
    auto callback = listener_.wait(10s, {});
    std::string query = callback ? std::string(callback->query()) : to_string(callback.error());
    if (callback) callback->show_success();
    thread.join();
    return query;
  }

  LoopbackListener listener_ = LoopbackListener::open().value();
  std::string uri_ = listener_.redirect_uri();
};

TEST_F(LoopbackListenerTest, takes_the_redirect_and_shows_a_page) {
  std::string page;
  EXPECT_EQ(wait_for([&] { page = visit(uri_ + "?code=a&state=b"); }), "code=a&state=b");
  EXPECT_TRUE(page.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_NE(page.find("\r\nContent-Security-Policy: default-src 'none'"), std::string::npos);
  EXPECT_NE(page.find("\r\nReferrer-Policy: no-referrer"), std::string::npos);
  EXPECT_NE(page.find("\r\nCache-Control: no-store"), std::string::npos);
}

TEST_F(LoopbackListenerTest, other_requests_are_turned_away_and_the_wait_goes_on) {
  std::vector<std::string> pages;
  const std::string query = wait_for([&] {
    const int port = port_of(uri_);
    const auto base = uri_.substr(0, uri_.rfind('/'));
    pages.push_back(visit(base + "/favicon.ico"));
    pages.push_back(exchange_with_port(port, "POST /callback?x HTTP/1.1\r\n\r\n"));
    pages.push_back(exchange_with_port(port, "GET /callback?x HTTP/1.1\r\nHost: evil.test\r\n\r\n"));
    visit(uri_ + "?good");
  });
  EXPECT_EQ(query, "good");
  ASSERT_EQ(pages.size(), 3u);
  EXPECT_TRUE(pages[0].starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(pages[1].starts_with("HTTP/1.1 400"));
  EXPECT_TRUE(pages[2].starts_with("HTTP/1.1 400"));
}

TEST_F(LoopbackListenerTest, a_spare_connection_that_sends_nothing_does_not_hold_up_the_redirect) {
  const int spare = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port_of(uri_)));
  ASSERT_EQ(connect(spare, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(wait_for([&] { visit(uri_ + "?good"); }), "good");
  close(spare);
}

TEST_F(LoopbackListenerTest, many_idle_connections_do_not_keep_the_redirect_out) {
  std::vector<int> idle;
  for (int i = 0; i < 40; ++i) {
    idle.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port_of(uri_)));
    static_cast<void>(connect(idle.back(), reinterpret_cast<sockaddr*>(&address), sizeof address));
  }
  EXPECT_EQ(wait_for([&] { visit(uri_ + "?good"); }), "good");
  for (const int peer : idle) close(peer);
}

TEST_F(LoopbackListenerTest, an_endless_head_is_cut_off) {
  std::string page;
  EXPECT_EQ(wait_for([&] {
              page = exchange_with_port(port_of(uri_), "GET /callback?" + std::string(100'000, 'a'));
              visit(uri_ + "?good");
            }),
            "good");
  EXPECT_EQ(page, "");
}

TEST_F(LoopbackListenerTest, the_port_is_closed_after_the_first_redirect) {
  wait_for([&] { visit(uri_ + "?good"); });
  EXPECT_EQ(visit(uri_ + "?again"), "");
}

TEST_F(LoopbackListenerTest, a_callback_nobody_answers_shows_the_failure) {
  std::string page;
  std::thread browser([&] { page = visit(uri_ + "?x"); });
  {
    const auto callback = listener_.wait(10s, {});
  }
  browser.join();
  EXPECT_NE(page.find("did not succeed"), std::string::npos);
}

TEST_F(LoopbackListenerTest, waiting_ends_after_its_time) {
  EXPECT_EQ(listener_.wait(10ms, {}).error().code, Code::sign_in_timeout);
}

TEST_F(LoopbackListenerTest, waiting_can_be_cancelled) {
  std::stop_source stop;
  std::thread canceller([&] { stop.request_stop(); });
  EXPECT_EQ(listener_.wait(10s, stop.get_token()).error().code, Code::cancelled);
  canceller.join();
}

TEST_F(LoopbackListenerTest, every_listener_has_a_port_of_its_own_on_loopback) {
  const auto other = LoopbackListener::open();
  EXPECT_NE(other->redirect_uri(), uri_);
  EXPECT_TRUE(uri_.starts_with("http://127.0.0.1:"));
  EXPECT_TRUE(uri_.ends_with("/callback"));
}

}  // namespace
}  // namespace latchkey::session
