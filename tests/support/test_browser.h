// A user with a browser: signs in at the provider, and follows its redirect to the app through a real socket.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <thread>

#include "session/browser.h"

namespace latchkey::testing {

// Sends these bytes to a port of this machine and reads until the peer closes.
inline std::string exchange_with_port(int port, const std::string& bytes) {
  const int peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  std::string reply;
  if (connect(peer, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    ::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    char buffer[4096];
    for (ssize_t count; (count = recv(peer, buffer, sizeof buffer, 0)) > 0;)
      reply.append(buffer, static_cast<std::size_t>(count));
  }
  close(peer);
  return reply;
}

// "http://127.0.0.1:4711/callback?x" -> 4711
inline int port_of(const std::string& url) { return std::atoi(url.c_str() + url.rfind(':', url.find('?')) + 1); }

// GET of a loopback URL: the whole answer, head included.
inline std::string visit(const std::string& url) {
  const auto path = url.find('/', url.find("//") + 2);
  const auto host = url.find("//") + 2;
  return exchange_with_port(
      port_of(url), "GET " + url.substr(path) + " HTTP/1.1\r\nHost: " + url.substr(host, path - host) + "\r\n\r\n");
}

class TestBrowser final : public session::Browser {
 public:
  // `sign_in` is given the URL to open and tells where the provider redirects to; an empty text: nowhere.
  explicit TestBrowser(std::function<std::string(const std::string&)> sign_in) : sign_in_(std::move(sign_in)) {}
  ~TestBrowser() override { leave(); }

  Status open(std::string_view address) override {
    leave();
    opened_url_ = address;
    window_ = std::thread([this, url = opened_url_] {
      const std::string next = sign_in_(url);
      if (!next.empty()) page_ = visit(next);
    });
    return {};
  }

  // What the browser shows when everything is over.
  const std::string& page() {
    leave();
    return page_;
  }
  const std::string& opened_url() const { return opened_url_; }

 private:
  void leave() {
    if (window_.joinable()) window_.join();
  }

  std::function<std::string(const std::string&)> sign_in_;
  std::string opened_url_, page_;
  std::thread window_;
};

}  // namespace latchkey::testing
