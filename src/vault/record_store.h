// Where the vault's sealed bytes lie. A store understands none of them: it keeps numbered parts, gives consistent
// snapshots, and never loses a write it has acknowledged.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/function_ref.h"
#include "base/result.h"

namespace latchkey::vault {

// Numbers are part of the file format.
enum class PartKind : std::uint8_t {
  header = 1,    // number 0
  manifest = 2,  // number 0
  slot = 3,      // the slot's number
  attempts = 4,  // the slot's number
  rotation = 5,  // number 0, while a rotation is under way
  anchor = 6,    // number 0, when a rollback anchor is in use
  node = 7,      // of the index
  value = 8,     // of a record
  loose_key = 9  // from 1, of a key in a store that no slot names
};
struct PartId {
  static constexpr std::uint64_t max_number = (std::uint64_t{1} << 48) - 1;
  PartKind kind;
  std::uint64_t number = 0;  // at most max_number

  friend auto operator<=>(const PartId&, const PartId&) = default;
};
inline constexpr PartId header_part{PartKind::header};
inline constexpr PartId rotation_part{PartKind::rotation};
struct Part {
  std::uint64_t number;
  Bytes body;
};

// A state of a store's contents: equal ones, as one store tells them, are the same contents.
struct StoreVersion {
  ByteArray<16> opening;  // of the file
  ByteArray<48> commit;   // the last one, of whatever process
  friend bool operator==(const StoreVersion&, const StoreVersion&) = default;
};

// One consistent view. Used by one thread, inside the closure it was given to. Fails: vault_corrupted, storage_failed.
class RecordReader {
 public:
  virtual ~RecordReader() = default;
  virtual Result<std::optional<Bytes>> find(PartId id) = 0;
  // The same where it lies, until `look` returns, which asks the reader for nothing. Answers whether it is there.
  using Look = FunctionRef<Status(ByteView)>;
  virtual Result<bool> look_at(PartId id, const Look& look) {
    TRY(const auto body, find(id));
    if (!body) return false;
    TRY_DO(look(*body));
    return true;
  }
  virtual Result<std::vector<Part>> list(PartKind kind) = 0;  // by number, ascending; for kinds with few parts
  virtual Result<std::uint64_t> count(PartKind kind) = 0;
  // What this view has shown so far; if nothing was looked for yet, what it would show. None: it cannot be told. In a
  // write before its first change.
  virtual std::optional<StoreVersion> version() { return std::nullopt; }
};

class RecordWriter : public RecordReader {
 public:
  virtual Status put(PartId id, ByteView body) = 0;
  virtual Status remove(PartId id) = 0;  // gone already is ok
};

using ReadWork = FunctionRef<Status(RecordReader&)>;
using WriteWork = FunctionRef<Status(RecordWriter&)>;

// Thread-safe, and safe for several processes. Fails: not_found (nothing is there: fresh), temporarily_unavailable
// (another process holds it), vault_corrupted, future_version, permission_denied, storage_failed, storage_full.
class RecordStore {
 public:
  virtual ~RecordStore() = default;
  // Makes the store with what `work` writes, all or nothing. Fails also: already_exists, whenever anything is there,
  // even if it cannot be read.
  virtual Status create(const WriteWork& work) = 0;
  virtual Status read(const ReadWork& work) = 0;  // as good as free until something is looked for
  // One exclusive transaction. When it returns ok everything is durable; when it fails nothing has changed.
  virtual Status write(const WriteWork& work) = 0;
  // The same, and what read() would show right after it. None: it cannot be told, or the write failed.
  virtual Status write_and_tell(const WriteWork& work, std::optional<StoreVersion>& after) {
    after.reset();
    return write(work);
  }
  // Overwrites what was removed or replaced, logs included. Fails: temporarily_unavailable (others are reading).
  virtual Status scrub() = 0;
  // The same as far as it goes while others read and write: then it waits for none of them.
  virtual Status scrub_at_once() { return scrub(); }
  // Reads every byte that is kept, in use or not, and fails with vault_corrupted if one is not what was written.
  virtual Status check() = 0;
  // Overwrites and removes everything, readable or not. Gone already is ok.
  virtual Status destroy() = 0;
  // Whether anything of it is left when the process ends.
  virtual bool is_persistent() const { return true; }
};

}  // namespace latchkey::vault
