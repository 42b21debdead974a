// One slot as it lies in the file: which store wrapped the data key, and what that store needs to open it again.
#pragma once

#include <string>

#include "base/time.h"
#include "vault/key_store.h"

namespace latchkey::vault {

inline constexpr std::size_t max_slots = 64;
inline constexpr std::size_t max_slot_label_size = 64;

struct Slot {
  std::uint32_t id = 0;  // not in the body: it is the part's number
  SlotKind kind{};       // may be one this build does not know
  SecurityLevel level{};
  Portability portability{};
  Instant created_at{};
  std::string label;
  WrappedKey wrapped;

  friend bool operator==(const Slot&, const Slot&) = default;
};

Bytes print_slot(const Slot& slot);
// Fails: vault_corrupted, future_version.
Result<Slot> parse_slot(std::uint32_t id, ByteView body);

}  // namespace latchkey::vault
