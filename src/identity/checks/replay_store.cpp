#include "identity/checks/replay_store.h"

#include "crypto/digest.h"

namespace latchkey::identity {

std::size_t ReplayStore::Table::slot_of(const Key& key) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = key.low & mask;
  while (slots_[slot] != Key{} && slots_[slot] != key) slot = (slot + 1) & mask;
  return slot;
}

bool ReplayStore::Table::has(const Key& key) const { return !slots_.empty() && slots_[slot_of(key)] == key; }

void ReplayStore::Table::insert(const Key& key) {
  if ((size_ + 1) * 2 > slots_.size()) {
    std::vector<Key> old(slots_.empty() ? 64 : slots_.size() * 2);
    old.swap(slots_);
    for (const Key& kept : old)
      if (kept != Key{}) slots_[slot_of(kept)] = kept;
  }
  slots_[slot_of(key)] = key;
  ++size_;
}

void ReplayStore::Table::clear() {
  slots_.clear();
  slots_.shrink_to_fit();
  size_ = 0;
}

std::size_t ReplayStore::shard_of(ByteView digest) { return digest[16] % std::tuple_size_v<decltype(shards_)>; }

Result<bool> ReplayStore::remember(ByteView what, Instant now) {
  const auto digest = crypto::sha256(what);
  const Key key{read_be<std::uint64_t>(digest), read_be<std::uint64_t>(ByteView(digest).subspan(8)) | 1};
  Shard& shard = shards_[shard_of(digest)];

  const std::lock_guard lock(shard.mutex);
  // A clock that stepped back begins the period anew, or nothing would be forgotten until it is there again. What will
  // have been forgotten by then, DpopNonces refuses.
  if (now < shard.newer_since) shard.newer_since = now;
  const auto age = now - shard.newer_since;
  if (age >= limits_.keep) {
    std::swap(shard.older, shard.newer);
    shard.newer.clear();
    if (age >= limits_.keep * 2) shard.older.clear();
    shard.newer_since = now;
  }
  if (shard.newer.has(key) || shard.older.has(key)) return false;
  if (shard.newer.size() + shard.older.size() >= limits_.max_entries / shards_.size())
    return fail(Code::busy, "too many DPoP proofs at once");
  shard.newer.insert(key);
  return true;
}

}  // namespace latchkey::identity
