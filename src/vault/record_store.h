// Where the vault's sealed bytes lie. A store understands none of them: it keeps numbered parts (header, slots,
// manifest) and records, gives consistent snapshots, and never loses a write it has acknowledged.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace latchkey::vault {

using NameIndex = ByteArray<32>;  // keyed hash of a record's name

struct SealedRecord {
  NameIndex index{};
  std::uint32_t generation = 0;
  std::uint64_t sequence = 0;
  Bytes head;   // sealed name and attributes
  Bytes value;  // sealed value

  friend bool operator==(const SealedRecord&, const SealedRecord&) = default;
};

// Numbers are part of the file format. `id` is 0 where there is one only, and the slot's number for slots and attempts.
enum class PartKind : std::uint8_t { header = 1, manifest = 2, slot = 3, attempts = 4, rotation = 5 };
struct PartId {
  PartKind kind;
  std::uint32_t id = 0;

  friend auto operator<=>(const PartId&, const PartId&) = default;
};
struct Part {
  std::uint32_t id;
  Bytes body;
};

enum class Walk { go_on, stop };

// One consistent view. Used by one thread, inside the closure it was given to. Fails: vault_corrupted, storage_failed.
class RecordReader {
 public:
  virtual ~RecordReader() = default;
  virtual Result<std::optional<Bytes>> find_part(PartId id) = 0;
  virtual Result<std::vector<Part>> list_parts(PartKind kind) = 0;  // by id, ascending
  virtual Result<std::optional<SealedRecord>> find_record(const NameIndex& index) = 0;
  // In the order of the index. The visitor's failure ends the walk and is returned.
  virtual Status visit_records(const std::function<Result<Walk>(const SealedRecord&)>& visit) = 0;
};

class RecordWriter : public RecordReader {
 public:
  virtual Status put_part(PartId id, ByteView body) = 0;
  virtual Status remove_part(PartId id) = 0;
  virtual Status put_record(const SealedRecord& record) = 0;  // replaces the one with that index
  virtual Status remove_record(const NameIndex& index) = 0;
};

using ReadWork = std::function<Status(RecordReader&)>;
using WriteWork = std::function<Status(RecordWriter&)>;

// Thread-safe, and safe for several processes. Fails: not_found (nothing is there: fresh), temporarily_unavailable
// (another process holds it), vault_corrupted, future_version, permission_denied, storage_failed, storage_full.
class RecordStore {
 public:
  virtual ~RecordStore() = default;
  // Makes the store with what `work` writes, all or nothing. Fails also: already_exists, whenever anything is there,
  // even if it cannot be read.
  virtual Status create(const WriteWork& work) = 0;
  virtual Status read(const ReadWork& work) = 0;
  // One exclusive transaction. When it returns ok everything is durable; when it fails nothing has changed. Removed
  // bytes are overwritten.
  virtual Status write(const WriteWork& work) = 0;
  // Overwrites and removes everything, readable or not. Gone already is ok.
  virtual Status destroy() = 0;
};

}  // namespace latchkey::vault
