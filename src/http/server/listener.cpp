#include "http/server/listener.h"

#include <sys/socket.h>

#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/ssl/context.hpp>

#include "http/server/connection.h"

namespace latchkey::http {
namespace {

using Endpoint = asio::ip::tcp::endpoint;
using Exempt = ConnectionCounter::Exempt;

Address to_address(const asio::ip::address& address) {
  const auto bytes = address.is_v6() ? address.to_v6().to_bytes()
                                     : asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()).to_bytes();
  return Address(bytes);
}

// A quarter of the shortest limit, so that a deadline is noticed soon enough, but not a busy loop.
std::chrono::milliseconds tick_of(const ConnectionLimits& limits) {
  const auto shortest = std::min({limits.handshake, limits.head, limits.idle, limits.slow_grace, limits.drain});
  return std::clamp(shortest / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(250));
}

Code to_code(const ErrorCode& error) {
  if (error == asio::error::address_in_use) return Code::already_exists;
  if (error == asio::error::access_denied) return Code::permission_denied;
  return Code::configuration_invalid;
}

ErrorCode bind(Acceptor& acceptor, const Endpoint& endpoint, bool shares_port) {
  ErrorCode error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
  if (!error && endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(false), error);
  const int on = 1;  // Asio has no option for SO_REUSEPORT
  if (!error && shares_port && setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
    error = asio::error::operation_not_supported;
  if (!error) acceptor.bind(endpoint, error);
  return error;
}

}  // namespace

struct Listener::State {
  explicit State(ServerContext& shared)
      : context(shared), loop(tick_of(shared.options.limits)), acceptor(loop.io()), pause(loop.io()) {
    if (!shared.tls) return;
    SSL_CTX_up_ref(shared.tls->native());
    tls.emplace(shared.tls->native());
  }

  Task<void> accept_all() {
    while (acceptor.is_open() && !loop.is_draining()) {
      Socket socket(loop.io());
      Endpoint peer;
      const Transfer accepted =
          co_await Await([&](auto handler) { acceptor.async_accept(socket, peer, std::move(handler)); });
      if (accepted.error == asio::error::operation_aborted) break;
      if (accepted.error) {  // out of descriptors: wait until connections end
        pause.expires_after(std::chrono::milliseconds(50));
        co_await Await([this](auto handler) { pause.async_wait(std::move(handler)); });
        continue;
      }
      welcome(std::move(socket), peer);
    }
  }

  void welcome(Socket socket, const Endpoint& endpoint) {
    Peer peer{to_address(endpoint.address()), Exempt::no};
    if (is_in(peer.address, context.options.trusted_proxies)) peer.exempt = Exempt::from_address_limit;
    if (!context.connections.enter(peer.address, peer.exempt)) return;  // closes the socket
    ErrorCode error;
    socket.set_option(asio::ip::tcp::no_delay(true), error);
    if (!error) socket.non_blocking(true, error);
    if (error)
      context.connections.leave(peer.address, peer.exempt);
    else if (tls)
      begin(TlsStream(std::move(socket), *tls), peer);
    else
      begin(std::move(socket), peer);
  }

  template <class Stream>
  void begin(Stream stream, const Peer& peer) {
    spawn(Connection<Stream>::serve(std::make_unique<Connection<Stream>>(loop, context, std::move(stream), peer)));
  }

  ServerContext& context;
  EventLoop loop;
  Acceptor acceptor;
  Timer pause;
  std::optional<asio::ssl::context> tls;
};

Listener::Listener(std::unique_ptr<State> state) : state_(std::move(state)) {}
Listener::~Listener() = default;

Result<std::unique_ptr<Listener>> Listener::open(ServerContext& context, std::uint16_t port, Port sharing) {
  ErrorCode error;
  const auto address = asio::ip::make_address(context.options.address, error);
  if (error) return fail(Code::configuration_invalid, "listen address is not an IP address");
  const Endpoint endpoint(address, port);
  auto state = std::make_unique<State>(context);
  error = bind(state->acceptor, endpoint, sharing == Port::shared_by_threads);
  if (!error) state->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail(to_code(error), "cannot listen");
  return std::unique_ptr<Listener>(new Listener(std::move(state)));
}

std::uint16_t Listener::port() const {
  ErrorCode error;
  const auto endpoint = state_->acceptor.local_endpoint(error);
  return error ? std::uint16_t{0} : endpoint.port();
}

void Listener::run() {
  spawn(state_->accept_all());
  state_->loop.run();
}

void Listener::stop() {
  asio::post(state_->loop.io(), [state = state_.get()] {
    ErrorCode ignored;
    state->acceptor.close(ignored);
    state->pause.cancel();
    state->loop.drain(state->context.options.limits.drain);
  });
}

}  // namespace latchkey::http
