// Remembers what must not be seen a second time (the `jti` of DPoP proofs) for as long as it could be accepted. In
// memory, bounded, and forgotten by a restart: proofs from before one are refused by DpopNonces.
#pragma once

#include <array>
#include <mutex>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "protocol/limits.h"

namespace latchkey::identity {

struct ReplayStoreLimits {
  std::chrono::milliseconds keep = protocol::limits::dpop_replay_time;
  std::size_t max_entries = protocol::limits::dpop_replay_entries;
};

// Thread-safe.
class ReplayStore final {
 public:
  explicit ReplayStore(ReplayStoreLimits limits = {}) : limits_(limits) {}

  // Which part remembers what has this SHA-256. A part forgets when it is used.
  static std::size_t shard_of(ByteView digest);
  // True the first time. Fails: busy when full, rather than forgetting what is still fresh.
  Result<bool> remember(ByteView what, Instant now);

 private:
  struct Key {
    std::uint64_t high = 0, low = 0;  // never both 0: that is an empty slot
    bool operator==(const Key&) const = default;
  };
  // Open addressing, doubled when half full.
  class Table final {
   public:
    bool has(const Key& key) const;
    void insert(const Key& key);
    std::size_t size() const { return size_; }
    void clear();

   private:
    std::size_t slot_of(const Key& key) const;
    std::vector<Key> slots_;
    std::size_t size_ = 0;
  };
  // Everything remembered in one period lies in one table; a table is dropped whole when its period is over twice.
  struct alignas(64) Shard {
    std::mutex mutex;
    Table newer, older;
    Instant newer_since;
  };

  ReplayStoreLimits limits_;
  std::array<Shard, 64> shards_;
};

}  // namespace latchkey::identity
