// Who sends refresh tokens or codes that were never issued, to redeem or to revoke, counted per address (an IPv6 /64
// counts as one). An address that has used its budget up waits, before its request costs a signature check, a place
// among the proofs that are remembered, or a look into the database. No family ends by it, and an app behind the same
// address keeps its session: 429 says "later", never invalid_grant.
// In memory and forgotten by a restart: 192 bits of tag keep guessers out, this keeps them cheap.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>

#include "base/time.h"
#include "http/address.h"
#include "protocol/limits.h"

namespace latchkey::identity {

struct RefusedTokenLimits {
  int burst = protocol::limits::unknown_refresh_tokens;
  std::chrono::milliseconds refill_interval = protocol::limits::unknown_refresh_token_interval;
  std::size_t addresses = protocol::limits::unknown_refresh_token_addresses;
};

// Thread-safe. As attempt_buckets: of each address one number is kept, when its budget is full again.
class RefusedTokens final {
 public:
  explicit RefusedTokens(RefusedTokenLimits limits = {}) : limits_(limits) {}

  // Nothing: the address has budget left. Costs one load while nobody is counted.
  std::optional<std::chrono::seconds> find_wait(const http::Address& address, Instant now) const;

  // One more unknown token came from there.
  void count(const http::Address& address, Instant now);

 private:
  using Map = std::map<http::Address, Instant>;  // when full again
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    Map full_at;
  };
  static std::size_t shard_of(const http::Address& subscriber);
  Instant full_at(const Map& map, const http::Address& subscriber, Instant now) const;
  Instant empty_at(Instant now) const { return now + limits_.refill_interval * limits_.burst; }
  void make_room(Map& map, Instant now);
  void warn(Instant now);

  RefusedTokenLimits limits_;
  std::atomic<std::size_t> counted_ = 0;
  std::atomic<Instant> warned_at_{Instant()};
  std::array<Shard, 16> shards_;
};

}  // namespace latchkey::identity
