#include "identity/grants/refresh_grant.h"

#include "base/log.h"

namespace latchkey::identity {
namespace {

void log_reuse(const Error& error, const RefreshRequest& request) {
  if (error.code == Code::refresh_reused)
    log::warning("refresh token reused: session ended", {{"client_id", request.client.value()}});
}

}  // namespace

http::Task<Result<protocol::oauth::TokenResponse>> refresh_grant(OAuthService& service, const RefreshRequest& request,
                                                                 Instant now) {
  const RefreshTokenKeys& keys = service.issuer.refresh_keys();
  const RotationPolicy& policy = service.rotation;
  std::optional<RefreshGranted> granted;
  if (!request.proven_thumbprint.empty()) {  // a bound family seldom changes: reading is enough
    auto look = [&](sql::Transaction& tx) { return find_unchanged_refresh(tx, request, keys, policy, now); };
    CO_TRY(granted, co_await service.db.read(look));
  }
  if (!granted) {
    auto work = [&](sql::Transaction& tx) { return refresh_family(tx, request, keys, policy, now); };
    CO_TRY(auto answer, co_await service.db.write(work));
    if (!answer) {
      log_reuse(answer.error(), request);
      co_return tl::unexpected(std::move(answer).error());
    }
    granted = *std::move(answer);
  }
  co_return service.issuer.issue({.family = granted->family,
                                  .refresh_token = granted->token,
                                  .scope = granted->scope,
                                  .proven_thumbprint = request.proven_thumbprint,
                                  .nonce = {}},
                                 now);
}

}  // namespace latchkey::identity
