// The manifest: one small sealed part that vouches for everything else in the vault. It holds a digest of the header
// and of all slots, and a sum over all records, so that nothing can be altered, swapped, dropped, added or put back one
// by one. Only putting back the whole file escapes it.
#pragma once

#include <span>

#include "vault/keyring.h"
#include "vault/record_store.h"

namespace latchkey::vault {

// What the sum knows of one record.
struct RecordStamp {
  std::uint64_t sequence = 0;
  ByteArray<16> head_tag{};
  ByteArray<16> value_tag{};
};
// Fails: vault_corrupted (too short to have tags, another generation).
Result<RecordStamp> stamp_of(const Keyring& keys, const SealedRecord& record);

// A keyed hash of a set that is updated in constant time: the sum mod 2^256 of HMAC(index | sequence | tags) over its
// members (MSet-Add-Hash of Clarke et al., Asiacrypt 2003; kept sealed, so that nobody sees a sum).
class RecordSum final {
 public:
  void add(const Keyring& keys, const NameIndex& index, const RecordStamp& stamp);
  void subtract(const Keyring& keys, const NameIndex& index, const RecordStamp& stamp);

  ByteArray<32> print() const;
  static RecordSum parse(const ByteArray<32>& bytes);
  friend bool operator==(const RecordSum&, const RecordSum&) = default;

 private:
  std::array<std::uint64_t, 4> limbs_{};  // least significant first
};

struct Manifest {
  std::uint64_t revision = 0;  // of the latest write; a record's sequence is the revision that wrote it
  std::uint64_t record_count = 0;
  RecordSum records;
  ByteArray<32> open_parts{};  // digest_open_parts()

  friend bool operator==(const Manifest&, const Manifest&) = default;
};

// SHA-256 over the header and all slots, in order of their numbers: for each kind(1) | id(4) | size(4) | body.
ByteArray<32> digest_open_parts(ByteView header, std::span<const Part> slots);

Result<Bytes> seal_manifest(const Keyring& keys, const Manifest& manifest);
// Fails: vault_corrupted, future_version.
Result<Manifest> open_manifest(const Keyring& keys, ByteView sealed);

}  // namespace latchkey::vault
