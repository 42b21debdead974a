// A key in a store outside of the vault's file that no slot names: one that is about to be made, or whose slot is gone
// and which could not be removed yet. The file says so before the one and with the other, so that a program that is
// killed leaves no key that nobody knows. The manifest vouches for it: nothing else is ever removed from a store.
#pragma once

#include <span>

#include "base/time.h"
#include "vault/key_store.h"

namespace latchkey::vault {

struct LooseKey {
  enum class State : std::uint8_t { being_made = 1, unused = 2 };
  // Making one takes seconds, on a slow token a minute. What took longer is not used any more.
  static constexpr std::chrono::minutes longest_making{10};

  std::uint64_t number = 0;  // not in the body: it is the part's number
  SlotKind kind{};
  State state = State::unused;
  Instant since{};
  Bytes parameters = {};  // what KeyStore::forget() finds it by

  bool is_due(Instant now) const { return state == State::unused || now < since || now - since >= longest_making; }
  // Of another state, perhaps. A file that was put back may count up to the same number again.
  bool is_same_key(const LooseKey& other) const {
    return number == other.number && kind == other.kind && parameters == other.parameters;
  }
  friend bool operator==(const LooseKey&, const LooseKey&) = default;
};

// version(1) = 1 | kind(1) | state(1) | since, Unix ms(8) | parameters.
Bytes print_loose_key(const LooseKey& key);
// Fails: vault_corrupted, future_version.
Result<LooseKey> parse_loose_key(std::uint64_t number, ByteView body);

}  // namespace latchkey::vault
