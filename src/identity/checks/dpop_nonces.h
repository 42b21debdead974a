// Server nonces for DPoP proofs (RFC 9449 section 8). A nonce is a time and a tag under a key that this process drew
// when it started; so a proof with a nonce is good on this process only, and one from before a restart is refused.
//   base64url( seconds(4) | HMAC-SHA256(key of this process, seconds)[:16] )
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "crypto/hmac.h"

namespace latchkey::identity {

enum class NonceRequirement : std::uint8_t { optional, required };

// Thread-safe.
class DpopNonces final {
 public:
  static constexpr std::chrono::seconds lifetime{300};

  explicit DpopNonces(Instant started_at);

  std::string make(Instant now) const;

  // Without a nonce a proof is taken only if none is required and it was made after this process started: this process
  // does not know which proofs an earlier one has seen. Fails: use_dpop_nonce.
  Status check(const std::optional<std::string>& nonce, Instant proof_issued_at, NonceRequirement requirement,
               Instant now) const;

 private:
  std::string print(std::uint32_t seconds) const;

  Instant started_at_;
  crypto::HmacKey key_;
};

}  // namespace latchkey::identity
