// The server's side of TLS, configured once: 1.3 (1.2 on request, ECDHE with AEAD only), X25519 and P-256, ALPN
// http/1.1 and nothing else, no early data, no compression, no renegotiation, tickets under keys that rotate.
#pragma once

#include <memory>

#include "base/result.h"
#include "http/server/server.h"

struct ssl_ctx_st;

namespace latchkey::http {

class TlsContext final {
 public:
  // Fails: configuration_invalid (the chain or the key cannot be read, or do not belong together).
  static Result<std::unique_ptr<TlsContext>> create(const TlsOptions& options);
  ~TlsContext();

  // Shared by all threads; up_ref it to keep it longer.
  ssl_ctx_st* native() const;

 private:
  struct State;
  explicit TlsContext(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace latchkey::http
