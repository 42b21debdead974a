// What the threads of one server share.
#pragma once

#include <atomic>
#include <memory>

#include "http/server/guards.h"
#include "http/server/router.h"
#include "http/server/server.h"
#include "http/server/tls_context.h"

namespace latchkey::http {

struct ServerContext {
  ServerContext(const Router& routes, ServerOptions settings, std::unique_ptr<TlsContext> tls_context)
      : router(routes),
        options(std::move(settings)),
        tls(std::move(tls_context)),
        is_secure(tls != nullptr || options.is_behind_tls_proxy),
        security(is_secure ? SecurityHeaders::Reached::over_https : SecurityHeaders::Reached::over_http),
        connections(options.limits.connections, options.limits.connections_per_address) {}

  const Router& router;
  const ServerOptions options;
  const std::unique_ptr<TlsContext> tls;  // null: plain http
  const bool is_secure;
  const SecurityHeaders security;
  ConnectionCounter connections;
  std::atomic<std::size_t> in_flight = 0;
};

}  // namespace latchkey::http
