// Values as they lie in the store, still sealed, of records that were read lately: reading one again opens it without
// asking the store. Nothing in here is secret. Not thread-safe.
#pragma once

#include <unordered_map>

#include "vault/index_node.h"

namespace latchkey::vault {

class SealedValues final {
 public:
  // Null: not kept, or of another write than the entry's.
  const Bytes* find(const EntryView& entry) const;
  void keep(const EntryView& entry, Bytes sealed);
  void clear();

 private:
  struct Kept {
    std::uint64_t sequence;
    std::uint32_t generation;
    Bytes sealed;
  };
  std::unordered_map<std::uint64_t, Kept> kept_;  // by part
  std::size_t size_ = 0;                          // of all of them
};

}  // namespace latchkey::vault
