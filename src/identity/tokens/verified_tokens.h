// Access tokens whose signature was checked already, found by the SHA-256 of the whole token, so that a gateway that
// asks about one token again and again costs one signature check. Only what cannot change is kept: whether a token has
// expired or was revoked is asked every time.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "base/time.h"
#include "crypto/digest.h"
#include "identity/tokens/access_token.h"

namespace latchkey::identity {

// Thread-safe. Holds at most 32,768 tokens (some 20 MiB) and forgets the older half when full.
class VerifiedTokens final {
 public:
  // As verify_access_token, from memory when it can. Fails: invalid_token.
  Result<std::shared_ptr<const AccessTokenClaims>> verify(std::string_view jwt, std::string_view issuer,
                                                          const KeySet& keys, Instant now);

 private:
  struct DigestHash {  // the digest is uniform already
    std::size_t operator()(const crypto::Sha256Digest& digest) const { return read_be<std::size_t>(digest); }
  };
  using Map = std::unordered_map<crypto::Sha256Digest, std::shared_ptr<const AccessTokenClaims>, DigestHash>;
  struct alignas(64) Shard {
    std::mutex mutex;
    Map newer, older;
  };
  static void keep(Shard& shard, const crypto::Sha256Digest& digest, std::shared_ptr<const AccessTokenClaims> claims);

  std::array<Shard, 16> shards_;
};

}  // namespace latchkey::identity
