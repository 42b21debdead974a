// Server nonces for DPoP proofs (RFC 9449 section 8). A nonce is a time and a tag under a key that this process drew
// when it started; so a proof with a nonce is good on this process only, and one from before a restart is refused. A
// key that outlives the process would not do: what was seen is in its memory alone. A clock that steps back is a
// restart to it, an epoch of its own: proofs of the time that comes a second time are forgotten, too.
//   base64url( seconds(4) | HMAC-SHA256(key of the epoch, seconds)[:16] )
//   key of the epoch = HMAC-SHA256(key of this process, epoch)
// The clock is read here, never handed in: a time taken before a commit that stalled would look like a step back, and
// end the epoch for everybody.
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

  // `clock` outlives this.
  explicit DpopNonces(const Clock& clock);

  std::string make() const;

  // Without a nonce a proof is taken only if none is required and it was made after this process started: this process
  // does not know which proofs an earlier one has seen. Fails: use_dpop_nonce.
  Status check(const std::optional<std::string>& nonce, Instant proof_issued_at, NonceRequirement requirement) const;

 private:
  struct Epoch {
    std::uint64_t number;
    Instant began_at;  // proofs up to then may have been seen without our knowing
    crypto::HmacKey key;
  };
  static std::string print(const crypto::HmacKey& key, std::uint32_t seconds);
  Epoch begin_epoch(std::uint64_t number, Instant at) const;
  Instant read_clock() const;

  const Clock& clock_;
  const crypto::HmacKey process_key_;
  mutable std::atomic<std::int64_t> newest_millis_;  // that the clock has said in this epoch
  mutable std::shared_mutex mutex_;
  mutable Epoch epoch_;
};

}  // namespace latchkey::identity
