#include "session/id_token_check.h"

#include "protocol/limits.h"

namespace latchkey::session {

Result<protocol::oauth::IdTokenClaims> IdTokenCheck::check(std::string_view token,
                                                           const protocol::oauth::IdTokenExpectation& expected,
                                                           std::stop_token stop) {
  const auto judged = [](Result<protocol::oauth::IdTokenClaims> claims) {
    if (!claims && claims.error().code == Code::not_found) claims = fail(Code::id_token_invalid, "unknown signing key");
    return claims;
  };
  TRY(const KeysPtr known, keys(stop));
  auto claims = protocol::oauth::verify_id_token(token, *known, expected, clock_.now());
  if (claims || claims.error().code != Code::not_found) return judged(std::move(claims));
  TRY(const KeysPtr newer, newer_keys(known, stop));
  return judged(protocol::oauth::verify_id_token(token, *newer, expected, clock_.now()));
}

Result<IdTokenCheck::KeysPtr> IdTokenCheck::keys(std::stop_token stop) {
  const std::lock_guard lock(mutex_);
  const auto age = clock_.now() - fetched_at_;
  if (!keys_ || age < age.zero() || age >= protocol::limits::jwks_lifetime) TRY_DO(fetch(std::move(stop)));
  return keys_;
}

Result<IdTokenCheck::KeysPtr> IdTokenCheck::newer_keys(const KeysPtr& unfit, std::stop_token stop) {
  const std::lock_guard lock(mutex_);
  const auto age = clock_.now() - fetched_at_;
  if (keys_ == unfit && (age < age.zero() || age >= protocol::limits::jwks_fetch_interval))
    TRY_DO(fetch(std::move(stop)));
  return keys_;
}

Status IdTokenCheck::fetch(std::stop_token stop) {
  TRY(auto fetched, client_.fetch_keys(std::move(stop)));
  keys_ = std::make_shared<const protocol::jose::Jwks>(std::move(fetched));
  fetched_at_ = clock_.now();
  return {};
}

}  // namespace latchkey::session
