// The key the tokens are bound to (RFC 9449), and the nonces servers asked for. A stolen token is worthless without it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "crypto/signature.h"
#include "http/client.h"
#include "protocol/oauth/dpop.h"

namespace latchkey::session {

// Thread-safe. `clock` outlives it.
class DpopKey final {
 public:
  // A fresh ES256 key. Fails: crypto_failed.
  static Result<std::unique_ptr<DpopKey>> generate(const Clock& clock);
  // Fails: invalid_format, invalid_argument.
  static Result<std::unique_ptr<DpopKey>> from_pkcs8(const crypto::PrivateKeyDer& der, const Clock& clock);

  // For the session record. Fails: crypto_failed.
  Result<crypto::PrivateKeyDer> to_pkcs8() const { return key_.to_pkcs8(); }
  const std::string& thumbprint() const { return prover_.thumbprint(); }

  // Sends `request` with a fresh proof, bound to `access_token` at a resource. When the server wants its nonce in the
  // proof the request is repeated once with it; with a new proof, too, what is idempotent and met a dead connection.
  // Fails: as Client::send; crypto_failed.
  Result<http::Response> send(http::Client& client, http::Request request, std::optional<std::string_view> access_token,
                              std::stop_token stop);

 private:
  DpopKey(crypto::SigningKey key, const Clock& clock);
  Result<http::Response> send_once(http::Client& client, http::Request& request,
                                   std::optional<std::string_view> access_token, std::stop_token stop);
  std::optional<std::string> nonce_of(const std::string& origin);
  void remember_nonce(const std::string& origin, const http::Response& response);

  const Clock& clock_;
  crypto::SigningKey key_;
  protocol::oauth::DpopProver prover_;
  std::mutex mutex_;
  std::map<std::string, std::string> nonces_;  // by origin: each server has its own (RFC 9449 section 8.2)
};

// Whether a server turned a proof down only for want of its nonce (RFC 9449 sections 8 and 9).
bool wants_dpop_nonce(const http::Response& response);

}  // namespace latchkey::session
