#include "identity/tokens/access_token.h"

#include <algorithm>

#include "base/base64url.h"
#include "crypto/random.h"
#include "protocol/jose/jwt.h"

namespace latchkey::identity {
namespace jose = protocol::jose;
namespace {

constexpr std::size_t id_characters_with_family = 43;  // 32 bytes

}  // namespace

std::string new_token_id() { return to_base64url(crypto::random_array<16>()); }

std::string new_token_id(const FamilyId& family) {
  ByteArray<32> bytes;
  std::copy(family.begin(), family.end(), bytes.begin());
  crypto::fill_random(MutableBytes(bytes).subspan(16));
  return to_base64url(bytes);
}

std::optional<FamilyId> family_of(std::string_view token_id) {
  ByteArray<32> bytes;
  if (token_id.size() != id_characters_with_family || !parse_base64url_into(token_id, bytes)) return std::nullopt;
  FamilyId family;
  std::copy_n(bytes.begin(), family.size(), family.begin());
  return family;
}

Result<WipedString> sign_access_token(const AccessTokenClaims& claims, const KeySet& keys, Instant now) {
  TRY(const PublishedKey* key, keys.signing_at(now));
  return key->access_tokens.sign(print_access_token_claims(claims));
}

Result<AccessTokenClaims> verify_access_token(std::string_view jwt, std::string_view issuer, const KeySet& keys,
                                              Instant now) {
  const auto refused = [](std::string_view why) { return fail(Code::invalid_token, why); };
  TRY(const auto own, keys.verify(jwt, jose::JwtUse::access_token));
  TRY(auto claims, protocol::oauth::read_access_token_claims(own));
  if (claims.issuer != issuer) return refused("another issuer");
  if (claims.expires_at <= now) return refused("the token has expired");
  return claims;
}

}  // namespace latchkey::identity
