// A rollback anchor is a counter outside the vault's file that only grows. A file that remembers an older count than
// the anchor's is an old copy that somebody put back, although every byte of it is genuine.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace latchkey::vault {

using AnchorCount = std::uint64_t;

// A counter somewhere on the device. Counts start anywhere: compare them with nothing but counts of the same anchor.
struct Anchor {
  Bytes parameters;  // where it is; not secret, at most 128 bytes; for the authenticated part of the file
  AnchorCount count;
};

// Thread-safe; blocks for as long as the device takes (a TPM: up to a second; and its memory wears, so advance once an
// unlocking, not once a write). Fails everywhere: temporarily_unavailable (nothing is known, try again later),
// unsupported (no such device here).
class RollbackAnchor {
 public:
  virtual ~RollbackAnchor() = default;
  // Fails also: storage_full (the device has no room for one more).
  virtual Result<Anchor> create() = 0;
  // Fails also: key_missing (there is no such counter any more, or it is not the one that was made: the device was
  // cleared, or it is another device), vault_corrupted (parameters).
  virtual Result<AnchorCount> read(ByteView parameters) = 0;
  // By one, durably; the new count. Fails as read(), and then may have counted or not.
  virtual Result<AnchorCount> increment(ByteView parameters) = 0;
  // Gone already is ok. Fails also: vault_corrupted (parameters). A counter made later never starts at or below this
  // one's last count, so that a removal hides nothing.
  virtual Status remove(ByteView parameters) = 0;
};

// What a count says about a file. The file goes first: it is written with count + 1, durably, and then the anchor is
// incremented. So a crash leaves the file one ahead, never behind.
enum class AnchorVerdict {
  current,      // as it should be
  one_ahead,    // a crash in between: increment the anchor, then it is current
  rolled_back,  // the file is an older copy
  impossible,   // the file is further ahead than any crash explains: not the anchor it was made with
};
AnchorVerdict compare(AnchorCount in_file, AnchorCount in_anchor);

}  // namespace latchkey::vault
