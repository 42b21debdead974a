#include "identity/tokens/verified_tokens.h"

#include "protocol/limits.h"

namespace latchkey::identity {

void VerifiedTokens::keep(Shard& shard, const crypto::Sha256Digest& digest,
                          std::shared_ptr<const AccessTokenClaims> claims) {
  if (shard.newer.size() >= protocol::limits::verified_tokens) {
    shard.older = std::move(shard.newer);
    shard.newer.clear();
  }
  shard.newer.insert_or_assign(digest, std::move(claims));
}

Result<std::shared_ptr<const AccessTokenClaims>> VerifiedTokens::verify(std::string_view jwt, std::string_view issuer,
                                                                        const KeySet& keys, Instant now) {
  if (jwt.size() > protocol::limits::jwt_bytes) return fail(Code::invalid_token, "not an access token");
  const auto digest = crypto::sha256(as_bytes(jwt));
  Shard& shard = shards_[digest[31] % shards_.size()];
  std::shared_ptr<const AccessTokenClaims> claims;
  {
    const std::lock_guard lock(shard.mutex);
    if (const auto found = shard.newer.find(digest); found != shard.newer.end()) {
      claims = found->second;
    } else if (const auto aged = shard.older.find(digest); aged != shard.older.end()) {
      claims = aged->second;
      keep(shard, digest, claims);
    }
  }
  if (claims) {
    if (claims->expires_at <= now) return fail(Code::invalid_token, "the token has expired");
    return claims;
  }
  TRY(auto verified, verify_access_token(jwt, issuer, keys, now));
  claims = std::make_shared<const AccessTokenClaims>(std::move(verified));
  const std::lock_guard lock(shard.mutex);
  keep(shard, digest, claims);
  return claims;
}

}  // namespace latchkey::identity
