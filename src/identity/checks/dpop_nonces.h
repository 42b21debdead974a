// Server nonces for DPoP proofs (RFC 9449 section 8). A nonce is a time and a tag under a key that this process drew
// when it started; so a proof with a nonce is good on this process only, and one from before a restart is refused. A
// clock that steps back is a restart to it: proofs of the time that comes a second time are forgotten, too.
//   base64url( seconds(4) | HMAC-SHA256(key of this process, seconds)[:16] )
#pragma once

#include <atomic>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "crypto/hmac.h"
#include "protocol/limits.h"

namespace latchkey::identity {

enum class NonceRequirement : std::uint8_t { optional, required };

// Thread-safe.
class DpopNonces final {
 public:
  static constexpr std::chrono::seconds lifetime{300};
  // How far the clock may step back without notice: proofs are remembered for so much longer than they are fresh.
  static constexpr std::chrono::milliseconds unnoticed_step =
      protocol::limits::dpop_replay_time - protocol::limits::dpop_age - protocol::limits::clock_skew;

  explicit DpopNonces(Instant started_at);

  std::string make(Instant now) const;

  // Without a nonce a proof is taken only if none is required and it was made after this process started: this process
  // does not know which proofs an earlier one has seen. Fails: use_dpop_nonce.
  Status check(const std::optional<std::string>& nonce, Instant proof_issued_at, NonceRequirement requirement,
               Instant now) const;

 private:
  struct Epoch {
    Instant began_at;  // proofs up to then may have been seen without our knowing
    crypto::HmacKey key;
  };
  static std::string print(const crypto::HmacKey& key, std::uint32_t seconds);
  void notice(Instant now) const;

  mutable std::atomic<std::int64_t> newest_millis_;  // that the clock has said in this epoch
  mutable std::shared_mutex mutex_;
  mutable Epoch epoch_;
};

}  // namespace latchkey::identity
