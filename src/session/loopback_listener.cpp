#include "session/loopback_listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

#include "protocol/limits.h"
#include "protocol/limits/client.h"
#include "session/callback_request.h"

namespace latchkey::session {
namespace {

using Deadline = std::chrono::steady_clock::time_point;

sockaddr_in loopback() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::string host_of(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }

// Makes a stop request visible to poll(2).
class StopSignal final {
 public:
  explicit StopSignal(const std::stop_token& stop) : callback_(stop, Raise{event_.get()}) {}
  int descriptor() const { return event_.get(); }

 private:
  struct Raise {
    int event;
    void operator()() const { eventfd_write(event, 1); }
  };
  FileDescriptor event_{eventfd(0, EFD_CLOEXEC)};
  std::stop_callback<Raise> callback_;  // after event_, so that it goes first, and waits if it is running
};

// One connection whose request is not complete yet. Browsers open spare ones they never use.
struct Peer {
  FileDescriptor socket;
  Deadline deadline;
  WipedString head;
};

enum class Reading { going_on, complete, hopeless };

Reading read_some(Peer& peer) {
  std::array<char, 2048> buffer;
  const ssize_t count = recv(peer.socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return Reading::going_on;
  if (count <= 0) return Reading::hopeless;
  peer.head.append(buffer.data(), static_cast<std::size_t>(count));
  secure_wipe({reinterpret_cast<std::uint8_t*>(buffer.data()), buffer.size()});
  if (peer.head.find("\r\n\r\n") != WipedString::npos) return Reading::complete;
  return peer.head.size() < protocol::limits::request_head ? Reading::going_on : Reading::hopeless;
}

void send_page(int peer, std::string_view status, std::string_view heading, std::string_view text) {
  std::string body = "<!doctype html><html lang=en><meta charset=utf-8><title>";
  body.append(heading).append("</title><h1>").append(heading).append("</h1><p>").append(text).append("</p></html>\n");
  std::string reply = "HTTP/1.1 ";
  reply.append(status).append(
      "\r\nContent-Type: text/html; charset=utf-8\r\nContent-Security-Policy: default-src 'none'; frame-ancestors "
      "'none'"
      "\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nConnection: "
      "close"
      "\r\nContent-Length: ");
  reply.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  send(peer, reply.data(), reply.size(),
       MSG_NOSIGNAL);  // fits in the socket's buffer; a browser that left is its own loss
  shutdown(peer, SHUT_WR);
}

void turn_away(int peer, Code why) {
  if (why == Code::not_found)
    send_page(peer, "404 Not Found", "Not found", "There is nothing here.");
  else
    send_page(peer, "400 Bad Request", "Bad request", "This address only takes the end of a sign-in.");
}

// The connections that are open at once.
class Peers final {
 public:
  Peers(int listener, std::string host) : listener_(listener), host_(std::move(host)) {}

  // ok when something happened on a connection, or one became too old. Fails: sign_in_timeout, cancelled.
  Status wait_for_one(const StopSignal& stop, Deadline deadline) {
    waiting_.assign({{stop.descriptor(), POLLIN, 0}, {listener_, POLLIN, 0}});
    Deadline until = deadline;
    for (const Peer& peer : open_) {
      waiting_.push_back({peer.socket.get(), POLLIN, 0});
      until = std::min(until, peer.deadline);
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now());
    poll(waiting_.data(), waiting_.size(), static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (waiting_[0].revents != 0) return fail(Code::cancelled);
    if (now() >= deadline) return fail(Code::sign_in_timeout);
    return {};
  }

  // The first request that is the one we wait for.
  std::optional<Callback> take_callback() {
    std::optional<Callback> found;
    std::vector<Peer> staying;
    for (Peer& peer : open_) {
      const Reading reading = peer.deadline <= now() ? Reading::hopeless : read_some(peer);
      if (reading == Reading::going_on) staying.push_back(std::move(peer));
      if (reading != Reading::complete || found) continue;
      if (std::optional<Callback> callback = judge(peer)) found.emplace(*std::move(callback));
    }
    open_ = std::move(staying);
    if (!found) accept_one();
    return found;
  }

 private:
  static Deadline now() { return std::chrono::steady_clock::now(); }

  std::optional<Callback> judge(Peer& peer) {
    auto query = parse_callback_request(peer.head, host_);
    if (query) return std::make_optional<Callback>(std::move(peer.socket), *std::move(query));
    turn_away(peer.socket.get(), query.error().code);
    return std::nullopt;
  }

  void accept_one() {
    if (waiting_[1].revents == 0) return;
    FileDescriptor socket(accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket.is_open()) return;
    if (open_.size() == protocol::limits::redirect_connections) open_.erase(open_.begin());
    open_.push_back({std::move(socket), now() + protocol::limits::redirect_head_time, {}});
  }

  int listener_;
  std::string host_;
  std::vector<Peer> open_;
  std::vector<pollfd> waiting_;
};

}  // namespace

Callback::Callback(FileDescriptor socket, WipedString query) : socket_(std::move(socket)), query_(std::move(query)) {}

Callback::~Callback() { show_failure(); }

void Callback::show_success() {
  if (!socket_.is_open()) return;
  send_page(socket_.get(), "200 OK", "You are signed in", "You can close this window and go back to the app.");
  (void)socket_.close();
}

void Callback::show_failure() {
  if (!socket_.is_open()) return;
  send_page(socket_.get(), "200 OK", "Sign-in did not succeed", "Close this window, go back to the app and try again.");
  (void)socket_.close();
}

Result<LoopbackListener> LoopbackListener::open() {
  FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address = loopback();  // port 0: the system chooses
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (!socket.is_open() || bind(socket.get(), generic, size) != 0 || listen(socket.get(), 8) != 0 ||
      getsockname(socket.get(), generic, &size) != 0)
    return fail(Code::unsupported, "no loopback interface");
  return LoopbackListener(std::move(socket), ntohs(address.sin_port));
}

std::string LoopbackListener::redirect_uri() const { return "http://" + host_of(port_) + std::string(callback_path); }

Result<Callback> LoopbackListener::wait(std::chrono::milliseconds timeout, std::stop_token stop) {
  const StopSignal signal(stop);
  const Deadline deadline = std::chrono::steady_clock::now() + timeout;
  Peers peers(socket_.get(), host_of(port_));
  while (true) {
    TRY_DO(peers.wait_for_one(signal, deadline));
    if (std::optional<Callback> callback = peers.take_callback()) {
      (void)socket_.close();
      return *std::move(callback);
    }
  }
}

}  // namespace latchkey::session
