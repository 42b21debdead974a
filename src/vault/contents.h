// What an unlocked vault knows and does: it checks everything it reads against the manifest, and renews the manifest
// with everything it writes. Works inside the transactions of a RecordStore.
#pragma once

#include <span>
#include <unordered_map>
#include <vector>

#include "vault/manifest.h"
#include "vault/record.h"
#include "vault/slot.h"

namespace latchkey::vault {

// The header and slots as they lie in the store; authentic only once a manifest vouches for them.
struct OpenParts {
  Header header;
  std::vector<Slot> slots;
  ByteArray<32> digest{};
};
// Fails: vault_corrupted, future_version.
Result<OpenParts> read_open_parts(RecordReader& reader);

// Not thread-safe. Fails everywhere: vault_corrupted, vault_rolled_back (the file is older than what was seen before),
// and as the store.
class Contents final {
 public:
  // Writes a new vault: header, slots, manifest.
  static Result<Contents> create(Keyring keys, RecordWriter& writer, const Header& header, std::span<const Slot> slots);
  // Checks the whole set of records against the manifest; opens none of them.
  static Result<Contents> open(Keyring keys, RecordReader& reader);

  // One transaction, which begins by learning what other processes wrote. When it fails, what this remembers of the
  // store is forgotten and checked anew the next time.
  Status read(RecordStore& store, const ReadWork& work);
  Status write(RecordStore& store, const WriteWork& work);

  // Inside read() or write():
  Result<std::optional<RecordValue>> find_value(RecordReader& reader, std::string_view name);
  Result<std::optional<RecordInfo>> find_info(RecordReader& reader, std::string_view name);
  Result<std::vector<RecordInfo>> list(RecordReader& reader, std::string_view prefix);
  Status apply(RecordWriter& writer, std::span<const Change> changes, Instant now);
  Status verify(RecordReader& reader);

  Status put_slot(RecordWriter& writer, const Slot& slot);
  Status remove_slot(RecordWriter& writer, std::uint32_t id);
  Status put_header(RecordWriter& writer, const Header& header);

  const Header& header() const { return parts_.header; }
  const std::vector<Slot>& slots() const { return parts_.slots; }
  const Keyring& keys() const { return keys_; }
  const Manifest& manifest() const { return manifest_; }

 private:
  // Name indexes are keyed hashes already.
  struct IndexHash {
    std::size_t operator()(const NameIndex& index) const { return read_be<std::size_t>(index); }
  };

  explicit Contents(Keyring keys) : keys_(std::move(keys)) {}
  Status refresh(RecordReader& reader);
  Status check_open_parts(RecordReader& reader, const Manifest& manifest);
  Status check_records(RecordReader& reader, const Manifest& manifest);
  Result<std::optional<SealedRecord>> find_record(RecordReader& reader, std::string_view name);
  Status check_record(const SealedRecord& record);
  Status apply_one(RecordWriter& writer, const Change& change, Manifest& next, Instant now);
  void forget_record(const NameIndex& index, Manifest& next);
  Status commit_open_parts(RecordWriter& writer);
  Status write_manifest(RecordWriter& writer, const Manifest& next);

  Keyring keys_;
  Bytes sealed_manifest_;  // as last read or written; empty: view unknown
  Manifest manifest_;
  OpenParts parts_;
  std::unordered_map<NameIndex, RecordStamp, IndexHash> stamps_;
};

}  // namespace latchkey::vault
