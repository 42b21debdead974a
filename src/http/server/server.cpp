#include "http/server/server.h"

#include <system_error>
#include <thread>

#include "base/log.h"
#include "http/server/listener.h"

namespace latchkey::http {
namespace {

using Port = Listener::Port;

// With SO_REUSEPORT a second server of the same user could take half of our connections unnoticed. An ordinary bind
// fails when anybody listens there.
Status check_port_is_free(ServerContext& context) {
  if (context.options.port == 0) return {};
  TRY_DO(Listener::open(context, context.options.port, Port::alone));
  return {};
}

Result<std::vector<std::unique_ptr<Listener>>> open_listeners(ServerContext& context) {
  const unsigned count = std::max(1U, context.options.threads);
  const Port sharing = count == 1 ? Port::alone : Port::shared_by_threads;
  if (sharing == Port::shared_by_threads) TRY_DO(check_port_is_free(context));
  std::vector<std::unique_ptr<Listener>> listeners;
  std::uint16_t port = context.options.port;
  for (unsigned i = 0; i < count; ++i) {
    TRY(auto listener, Listener::open(context, port, sharing));
    port = listener->port();
    listeners.push_back(std::move(listener));
  }
  return listeners;
}

Status check_limits(const ConnectionLimits& limits) {
  using std::chrono::milliseconds;
  for (const milliseconds time : {limits.handshake, limits.head, limits.idle, limits.slow_grace, limits.drain})
    if (time <= milliseconds(0)) return fail(Code::configuration_invalid, "a connection time limit is not positive");
  if (limits.minimum_bytes_per_second == 0 || limits.requests_per_connection == 0 || limits.connections == 0 ||
      limits.connections_per_address == 0)
    return fail(Code::configuration_invalid, "a connection limit is zero");
  return {};
}

}  // namespace

struct Server::State {
  State(const Router& router, ServerOptions options, std::unique_ptr<TlsContext> tls)
      : context(router, std::move(options), std::move(tls)) {}

  ServerContext context;
  std::vector<std::unique_ptr<Listener>> listeners;
  std::uint16_t port = 0;
  std::mutex stopping;
  std::vector<std::thread> threads;
};

void write_access_to_debug_log(const AccessRecord& record) {
  log::debug("request", {{"method", name_of(record.method)},
                         {"path", record.path},
                         {"status", record.status},
                         {"ms", static_cast<double>(record.duration.count()) / 1000}});
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() { stop(); }

Result<std::unique_ptr<Server>> Server::start(const Router& router, ServerOptions options) {
  TRY_DO(check_limits(options.limits));
  std::unique_ptr<TlsContext> tls;
  if (options.tls) {
    TRY(tls, TlsContext::create(*options.tls));
    options.tls.reset();  // wipes our copy of the key
  }
  auto state = std::make_unique<State>(router, std::move(options), std::move(tls));
  TRY(state->listeners, open_listeners(state->context));
  state->port = state->listeners.front()->port();
  for (const auto& listener : state->listeners) state->threads.emplace_back([each = listener.get()] { each->run(); });
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

void Server::stop() {
  const std::lock_guard lock(state_->stopping);
  for (const auto& listener : state_->listeners) listener->stop();
  for (std::thread& thread : state_->threads) thread.join();
  state_->threads.clear();
  state_->listeners.clear();
}

std::uint16_t Server::port() const { return state_->port; }

std::string Server::origin() const {
  const std::string& address = state_->context.options.address;
  std::string host = address == "0.0.0.0" ? "127.0.0.1" : address == "::" ? "::1" : address;
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return (state_->context.tls ? "https://" : "http://") + host + ":" + std::to_string(state_->port);
}

std::size_t Server::requests_in_flight() const { return state_->context.in_flight; }
std::size_t Server::open_connections() const { return state_->context.connections.total(); }

}  // namespace latchkey::http
