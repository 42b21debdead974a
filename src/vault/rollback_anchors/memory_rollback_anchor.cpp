#include "vault/rollback_anchors/memory_rollback_anchor.h"

#include <map>
#include <mutex>

#include "crypto/random.h"

namespace latchkey::vault {

class MemoryCounters {
 public:
  std::mutex mutex;
  std::map<Bytes, AnchorCount> by_id;
  AnchorCount highest = 0;  // of all that ever were, as in a TPM
  bool are_available = true;
};

namespace {

constexpr std::size_t id_size = 16;
constexpr std::uint8_t memory_counter = 0;  // 1: a counter in a TPM; 2: a checkpoint at a server

class MemoryRollbackAnchor final : public RollbackAnchor {
 public:
  explicit MemoryRollbackAnchor(std::shared_ptr<MemoryCounters> counters) : counters_(std::move(counters)) {}

  Result<Anchor> create() override {
    const std::lock_guard hold(counters_->mutex);
    TRY_DO(check_available());
    const auto id = crypto::random_array<id_size - 1>();
    Bytes parameters{memory_counter};
    append(parameters, id);
    counters_->by_id[parameters] = ++counters_->highest;
    return Anchor{parameters, counters_->highest};
  }

  Result<AnchorCount> read(ByteView parameters) override {
    const std::lock_guard hold(counters_->mutex);
    TRY(const AnchorCount* const count, find(parameters));
    return *count;
  }

  Result<AnchorCount> increment(ByteView parameters) override {
    const std::lock_guard hold(counters_->mutex);
    TRY(AnchorCount* const count, find(parameters));
    counters_->highest = std::max(counters_->highest, ++*count);
    return *count;
  }

  Status remove(ByteView parameters) override {
    const std::lock_guard hold(counters_->mutex);
    TRY_DO(check_available());
    TRY_DO(check_parameters(parameters));
    counters_->by_id.erase(Bytes(parameters.begin(), parameters.end()));
    return {};
  }

 private:
  Status check_available() const {
    if (!counters_->are_available) return fail(Code::temporarily_unavailable, "in-memory counters");
    return {};
  }
  static Status check_parameters(ByteView parameters) {
    if (parameters.size() != id_size) return fail(Code::vault_corrupted, "anchor: parameters");
    return {};
  }
  Result<AnchorCount*> find(ByteView parameters) {
    TRY_DO(check_available());
    TRY_DO(check_parameters(parameters));
    const auto found = counters_->by_id.find(Bytes(parameters.begin(), parameters.end()));
    if (found == counters_->by_id.end()) return fail(Code::key_missing, "in-memory counters");
    return &found->second;
  }

  std::shared_ptr<MemoryCounters> counters_;
};

}  // namespace

std::shared_ptr<MemoryCounters> make_memory_counters() { return std::make_shared<MemoryCounters>(); }

std::unique_ptr<RollbackAnchor> make_memory_rollback_anchor(std::shared_ptr<MemoryCounters> counters) {
  return std::make_unique<MemoryRollbackAnchor>(std::move(counters));
}

void clear_all(MemoryCounters& counters) {
  const std::lock_guard hold(counters.mutex);
  counters.by_id.clear();
}
void set_available(MemoryCounters& counters, bool is_available) {
  const std::lock_guard hold(counters.mutex);
  counters.are_available = is_available;
}

}  // namespace latchkey::vault
