// An app's repository behind a real socket, whose host may do to a connection whatever it likes: what one behaviour
// does not want is answered as it should be.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <list>
#include <mutex>
#include <thread>

#include "http/server/loopback_client.h"

namespace latchkey::update::testing {

// The other end, as a behaviour sees it.
class Peer final {
 public:
  Peer(int socket, const std::atomic<bool>& is_stopping) : socket_(socket), is_stopping_(is_stopping) {}
  ~Peer() { ::close(socket_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // False when it has gone.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // The connection ends with RST instead of FIN.
  void reset() const {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  void stay_silent() const {
    while (!has_left(20)) {
    }
  }
  // A byte every few milliseconds.
  void dribble(std::string_view bytes) const {
    for (std::size_t i = 0; i < bytes.size() && !has_left(5) && send(bytes.substr(i, 1)); ++i) {
    }
  }
  // The same bytes until the other one leaves.
  void pour(std::string_view bytes) const {
    while (!is_stopping_ && send(bytes)) {
    }
  }
  // One request's head; empty when there is no more.
  std::string read_head() {
    std::size_t end = std::string::npos;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      char bytes[4096];
      pollfd waiting{socket_, POLLIN, 0};
      while (!is_stopping_ && ::poll(&waiting, 1, 20) == 0) {
      }
      const ssize_t count = is_stopping_ ? 0 : ::recv(socket_, bytes, sizeof bytes, 0);
      if (count <= 0) return {};
      received_.append(bytes, static_cast<std::size_t>(count));
    }
    std::string head = received_.substr(0, end + 2);
    received_.erase(0, end + 4);
    return head;
  }

 private:
  bool has_left(int milliseconds) const {
    pollfd waiting{socket_, POLLRDHUP, 0};
    return ::poll(&waiting, 1, milliseconds) > 0 || is_stopping_;
  }
  int socket_;
  const std::atomic<bool>& is_stopping_;
  std::string received_;
};

// What would be right to answer.
struct GoodAnswer {
  std::string path;    // below the repository: "objects/..."
  std::string range;   // as asked for
  std::string status;  // "206 Partial Content"
  std::string fields;  // lines, Content-Length not among them
  std::string body;

  std::string head(std::uint64_t length) const {
    return "HTTP/1.1 " + status + "\r\n" + fields + "Content-Length: " + std::to_string(length) + "\r\n\r\n";
  }
  std::string head() const { return head(body.size()); }
  std::string whole() const { return head() + body; }
};

enum class Then { go_on, hang_up };

class HostileServer final {
 public:
  using Behaviour = std::function<Then(Peer&, const GoodAnswer&)>;

  explicit HostileServer(const http::Router& router) : good_(router) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0)
      std::abort();
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    origin_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~HostileServer() {
    is_stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (std::thread& connection : connections_) connection.join();
    ::close(listener_);
  }
  HostileServer(const HostileServer&) = delete;
  HostileServer& operator=(const HostileServer&) = delete;

  const std::string& origin() const { return origin_; }
  // From now on, for requests whose path begins so. None: every answer is right.
  void behave(std::string beginning = {}, Behaviour behaviour = {}) {
    const std::lock_guard lock(mutex_);
    beginning_ = std::move(beginning);
    behaviour_ = std::move(behaviour);
  }
  // The ranges that were asked for since it was asked last.
  std::vector<std::string> take_ranges() {
    const std::lock_guard lock(mutex_);
    return std::exchange(ranges_, {});
  }

 private:
  void accept_all() {
    while (!is_stopping_) {
      const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (peer >= 0) connections_.emplace_back([this, peer] { serve(peer); });
    }
  }

  void serve(int socket) {
    Peer peer(socket, is_stopping_);
    for (;;) {
      const std::string head = peer.read_head();
      if (head.empty()) return;
      const GoodAnswer good = answer(head);
      const Behaviour behaviour = choose(good);
      if (behaviour ? behaviour(peer, good) == Then::hang_up : !peer.send(good.whole())) return;
    }
  }

  Behaviour choose(const GoodAnswer& good) {
    const std::lock_guard lock(mutex_);
    if (!good.range.empty()) ranges_.push_back(good.range);
    return good.path.starts_with(beginning_) ? behaviour_ : Behaviour();
  }

  GoodAnswer answer(const std::string& head) {
    const std::string target = head.substr(4, head.find(' ', 4) - 4);  // only GET is asked here
    GoodAnswer good;
    http::Request request;
    request.url = origin_ + target;
    const std::size_t at = head.find("\r\nRange: ");
    if (at != head.npos) {
      good.range = head.substr(at + 9, head.find("\r\n", at + 9) - at - 9);
      request.headers.set("Range", good.range);
    }
    const http::Response response = good_.send(request).value();
    good.path = target.substr(std::string("/updates/").size());
    good.path = good.path.substr(good.path.find('/') + 1);
    good.status = std::to_string(response.status) + " " + std::string(http::reason_of(response.status));
    for (const auto [name, value] : response.headers)
      good.fields += std::string(name) + ": " + std::string(value) + "\r\n";
    good.body = response.body_text();
    return good;
  }

  http::LoopbackClient good_;
  int listener_ = -1;
  std::string origin_;
  std::atomic<bool> is_stopping_ = false;
  std::mutex mutex_;
  std::string beginning_;
  Behaviour behaviour_;
  std::vector<std::string> ranges_;
  std::list<std::thread> connections_;
  std::thread acceptor_;
};

}  // namespace latchkey::update::testing
