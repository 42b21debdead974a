// The HTTP/1.1 server: listens, reads requests strictly and within limits, lets the Router answer them, and drains when
// it is told to stop. One event loop per thread, each with its own listening socket.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/wiping.h"
#include "http/address.h"
#include "http/server/router.h"
#include "protocol/limits.h"

namespace latchkey::http {

enum class TlsVersions { only_1_3, from_1_2 };  // 1.2 with ECDHE and AEAD suites only

struct TlsOptions {
  std::string certificate_chain_pem;  // leaf first
  WipedString private_key_pem;
  TlsVersions versions = TlsVersions::only_1_3;
};

// Every default is a constant of protocol/limits.h, where its reason is. Tests shorten the times.
struct ConnectionLimits {
  std::chrono::milliseconds handshake = protocol::limits::tls_handshake;
  std::chrono::milliseconds head = protocol::limits::request_head_time;
  std::chrono::milliseconds idle = protocol::limits::keep_alive_idle;
  std::chrono::milliseconds slow_grace = protocol::limits::slow_transfer_grace;
  std::size_t minimum_bytes_per_second = protocol::limits::minimum_bytes_per_second;
  std::size_t requests_per_connection = protocol::limits::requests_per_connection;
  std::size_t connections_per_address = protocol::limits::connections_per_address;
  std::size_t connections = protocol::limits::connections;
  std::chrono::milliseconds drain = protocol::limits::drain_time;
};

// One finished request. `path` never has the query, and holds only during the call.
struct AccessRecord {
  Method method;
  std::string_view path;
  int status;
  std::chrono::microseconds duration;
};

struct ServerOptions {
  std::string address = "127.0.0.1";  // IP address to listen on; "::" for both families
  std::uint16_t port = 0;             // 0: any free one
  unsigned threads = 1;
  std::optional<TlsOptions> tls = std::nullopt;
  bool is_behind_tls_proxy = false;  // browsers reach us over https although we speak http: sends HSTS
  // Peers whose X-Forwarded-For is believed, and which are exempt from connections_per_address.
  std::vector<AddressRange> trusted_proxies = {};
  ConnectionLimits limits = {};
  // Called on the loops' threads after each response; must be quick. write_access_to_debug_log is one.
  std::function<void(const AccessRecord&)> on_access = {};
};

void write_access_to_debug_log(const AccessRecord& record);

class Server final {
 public:
  // Listens and serves when it returns. `router` must outlive the server. Fails: configuration_invalid (address,
  // certificate, key), permission_denied, already_exists (the port is taken).
  static Result<std::unique_ptr<Server>> start(const Router& router, ServerOptions options);

  // stop().
  ~Server();

  // Drains: no new connections, idle ones closed, requests under way answered with "Connection: close"; what is left
  // after limits.drain is cut off, except that a handler always runs to its end. Returns when all is over. Idempotent.
  void stop();

  std::uint16_t port() const;
  // "http://127.0.0.1:8080", as reached from this machine.
  std::string origin() const;

  std::size_t requests_in_flight() const;
  std::size_t open_connections() const;

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace latchkey::http
