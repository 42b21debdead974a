// Keeps the state in two files that are written in turn, so that one of them is whole at any time. A slot is of fixed
// size and written in place: once both are there, giving up a bad bundle needs no free space. Until then a slot gets
// its name when it is whole, so that a first write that a power cut ended is told apart from a state that was lost.
// Format: docs/formats/device-v1.md.
#pragma once

#include "base/secret.h"
#include "crypto/hmac.h"
#include "update/state.h"
#include "update/vfs.h"

namespace latchkey::update {

// 32 bytes that never leave the device: a state made elsewhere, or altered by somebody who can write the files only, is
// no state.
using StateKey = Secret<struct StateKeyTag>;

// Room for State's limits: 100 bad roots, 3 bundles of 64 fingerprints.
inline constexpr std::size_t state_slot_size = std::size_t{16} << 10;

// What a slot holds. Fails: storage_corrupted (torn), authentication_failed (whole, but not made with this key),
// future_version.
struct SlotContents {
  std::uint64_t number = 0;  // the higher one is the newer
  State state;
};
Result<SlotContents> parse_slot(ByteView bytes, const crypto::HmacKey& key);
Bytes print_slot(const SlotContents& contents, const crypto::HmacKey& key);

// How loading went.
enum class Loaded {
  fresh,      // there was nothing: a new installation
  found,      // as it was left
  recovered,  // the newer slot was torn: the older one holds
  lost,       // slots were there and none is valid: begun anew
};
std::string_view name_of(Loaded loaded);

// One thread at a time.
class StateSlots final {
 public:
  // `vfs` outlives it. Fails: what reading fails with; never because of what the slots hold.
  static Result<StateSlots> load(Vfs& vfs, const StateKey& key);

  const State& state() const { return contents_.state; }
  Loaded loaded() const { return loaded_; }

  // Durable when it returns. After a failure state() is the new one all the same, and the disk holds the old or the
  // new one.
  Status save(State state);
  // What load() found is durable when it returns: the process before may have ended between writing and syncing it, and
  // then a power cut would still take it. Before whatever is of no use without that state, or makes up for it.
  Status settle();

 private:
  StateSlots(Vfs& vfs, crypto::HmacKey key) : vfs_(&vfs), key_(std::move(key)) {}

  Status write(const std::string& name, ByteView slot);

  Vfs* vfs_;
  crypto::HmacKey key_;
  SlotContents contents_;
  Loaded loaded_ = Loaded::fresh;
  std::size_t next_ = 0;      // which slot is written next: never the one that holds
  Bytes held_;                // what the other one holds, if it does
  bool is_settled_ = false;   // and that, its name and the state's key are durable
  bool is_doubtful_ = false;  // to sync it has failed
};

}  // namespace latchkey::update
