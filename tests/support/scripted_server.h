// A server on a loopback port that answers with whatever bytes a test scripts, over TLS or in plain text, and counts
// what it was sent. For clients' tests: it can misbehave in ways a real server will not.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/throwaway_ca.h"

namespace latchkey::testing {

// What to do with one request: send these bytes, then close unless they say keep-alive; or (nullopt) stay silent until
// the client leaves. No bytes at all: close without an answer.
using Script = std::function<std::optional<std::string>(const std::string& request)>;

inline std::string http_reply(const std::string& body, const std::string& status = "200 OK",
                              const std::string& fields = "") {
  return "HTTP/1.1 " + status + "\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

inline std::string lasting_reply(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: keep-alive\r\n\r\n" +
         body;
}

class ScriptedServer final {
 public:
  explicit ScriptedServer(Script script, const ServerIdentity* identity = nullptr, int newest_tls = TLS1_3_VERSION)
      : script_(std::move(script)) {
    if (identity != nullptr) set_up_tls(*identity, newest_tls);
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback();
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 64) != 0) std::abort();
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~ScriptedServer() {
    is_stopping_ = true;
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (std::thread& connection : connections_) connection.join();
    close(listener_);
    SSL_CTX_free(tls_);
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::string url(const std::string& path = "/", const std::string& host = "127.0.0.1") const {
    return (tls_ != nullptr ? "https://" : "http://") + host + ":" + std::to_string(port_) + path;
  }
  int port() const { return port_; }
  int connections() const { return accepted_; }
  // Bytes of requests, after TLS.
  std::size_t bytes_received() const { return received_; }
  std::string last_request() const {
    const std::lock_guard lock(mutex_);
    return last_request_;
  }

 private:
  static sockaddr_in loopback() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  void set_up_tls(const ServerIdentity& identity, int newest) {
    tls_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_security_level(tls_, 0);  // so that it offers what a client must refuse
    SSL_CTX_set_min_proto_version(tls_, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(tls_, newest);
    SSL_CTX_use_certificate(tls_, identity.certificate.get());
    SSL_CTX_use_PrivateKey(tls_, identity.key.get());
  }

  void accept_all() {
    while (!is_stopping_) {
      const int peer = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0) continue;
      ++accepted_;
      connections_.emplace_back([this, peer] {
        ignore_broken_pipes();
        serve(peer);
        close(peer);
      });
    }
  }

  // In this thread only: the client under test has to look after itself.
  static void ignore_broken_pipes() {
    sigset_t sigpipe;
    sigemptyset(&sigpipe);
    sigaddset(&sigpipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &sigpipe, nullptr);
  }

  void serve(int peer) {
    SSL* tls = nullptr;
    if (tls_ != nullptr) {
      tls = SSL_new(tls_);
      SSL_set_fd(tls, peer);
      if (SSL_accept(tls) != 1) return SSL_free(tls);
    }
    while (true) {
      const std::string request = read_request(peer, tls);
      if (request.empty() || !answer(peer, tls, request)) break;
    }
    if (tls != nullptr) SSL_shutdown(tls);
    SSL_free(tls);
  }

  // Whether the connection goes on.
  bool answer(int peer, SSL* tls, const std::string& request) {
    {
      const std::lock_guard lock(mutex_);
      last_request_ = request;
    }
    if (const std::optional<std::string> reply = script_(request)) {
      if (tls != nullptr)
        SSL_write(tls, reply->data(), static_cast<int>(reply->size()));
      else
        send(peer, reply->data(), reply->size(), MSG_NOSIGNAL);
      return reply->find("\r\nConnection: keep-alive\r\n") != std::string::npos;
    }
    while (!is_stopping_) {  // until the client hangs up
      pollfd waiting{peer, POLLRDHUP, 0};
      if (poll(&waiting, 1, 20) > 0) break;
    }
    return false;
  }

  std::string read_request(int peer, SSL* tls) {
    std::string request;
    char buffer[4096];
    while (!is_complete(request)) {
      const auto count = tls != nullptr ? SSL_read(tls, buffer, sizeof buffer) : recv(peer, buffer, sizeof buffer, 0);
      if (count <= 0) return {};
      received_ += static_cast<std::size_t>(count);
      request.append(buffer, static_cast<std::size_t>(count));
    }
    return request;
  }

  static bool is_complete(const std::string& request) {
    const auto head = request.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    const auto length = request.find("Content-Length: ");
    if (length > head) return true;
    return request.size() >= head + 4 + std::strtoul(request.c_str() + length + 16, nullptr, 10);
  }

  Script script_;
  SSL_CTX* tls_ = nullptr;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> is_stopping_ = false;
  std::atomic<int> accepted_ = 0;
  std::atomic<std::size_t> received_ = 0;
  mutable std::mutex mutex_;
  std::string last_request_;
  std::thread acceptor_;
  std::vector<std::thread> connections_;
};

}  // namespace latchkey::testing
