#include "apps/latchkey/tour/lossy_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace latchkey::app::tour {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool send_all(int to, const char* bytes, ssize_t size) {
  while (size > 0) {
    const ssize_t sent = send(to, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    size -= sent;
  }
  return true;
}

}  // namespace

Result<std::unique_ptr<LossyProxy>> LossyProxy::start() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  if (listener < 0 || bind(listener, plain, size) != 0 || listen(listener, 16) != 0 ||
      getsockname(listener, plain, &size) != 0)
    return fail(Code::internal, "no port for the lossy network");
  return std::unique_ptr<LossyProxy>(new LossyProxy(listener, ntohs(address.sin_port)));
}

LossyProxy::LossyProxy(int listener, std::uint16_t port)
    : listener_(listener), port_(port), thread_([this](const std::stop_token& stop) { run(stop); }) {}

LossyProxy::~LossyProxy() {
  thread_.request_stop();
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  close(listener_);
}

void LossyProxy::when_next_request_arrives(std::function<void()> call) {
  const std::lock_guard lock(mutex_);
  on_request_ = std::move(call);
}

bool LossyProxy::tell_of_request() {
  std::function<void()> call;
  {
    const std::lock_guard lock(mutex_);
    call.swap(on_request_);
  }
  if (call) call();
  return call != nullptr;
}

void LossyProxy::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    connections_.emplace_back([this, client](const std::stop_token& closing) {
      relay(closing, client);
      close(client);
    });
  }
  connections_.clear();
}

void LossyProxy::relay(const std::stop_token& stop, int client) {
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (server < 0) return;
  const sockaddr_in address = loopback(server_port_);
  if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    std::array<char, 16384> buffer{};
    std::array<pollfd, 2> ends{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
    while (!stop.stop_requested()) {
      if (poll(ends.data(), ends.size(), 100) == 0) continue;
      const bool from_server = ends[1].revents != 0;
      const ssize_t got = recv(from_server ? server : client, buffer.data(), buffer.size(), 0);
      if (got <= 0) break;
      if (from_server && to_lose_ > 0) {  // the server has answered; nobody will know
        --to_lose_;
        ++lost_;
        break;
      }
      if (!send_all(from_server ? client : server, buffer.data(), got)) break;
      if (!from_server && tell_of_request()) break;  // or a quick answer could still overtake what was called
    }
  }
  close(server);
}

}  // namespace latchkey::app::tour
