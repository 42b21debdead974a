// The manifest: one small sealed part that vouches for everything else in the vault. It names the exact write of the
// index's root, which names its children's, and of what the index does not have yet, and holds a digest of the header
// and of all slots. Only putting back the whole file escapes it; that takes an anchor outside the file.
#pragma once

#include <optional>
#include <span>

#include "vault/recent_entries.h"

namespace latchkey::vault {

struct Manifest {
  std::uint64_t revision = 0;   // grows by one with every write
  std::uint64_t next_part = 1;  // the number of the next new part
  std::uint64_t epoch = 0;      // of the rollback anchor, the last one if there is none now; 0: there never was one
  std::uint64_t covered = 0;    // the newest revision that a checkpoint's epoch stands for; at most `revision`
  NodeLink root;
  ByteArray<32> open_parts{};  // digest_open_parts()
  ByteArray<32> enrolment{};   // of the biometrics that open it (UserPresence::enrolment_digest); zeroes: none
  RecentEntries recent{};

  std::uint64_t record_count() const { return root.record_count + recent.count_new(); }
  // Of any record, Unix ms; earlier if the tree has it of a record that was put again.
  std::uint64_t earliest_expiry() const { return std::min(root.earliest_expiry, recent.earliest_expiry()); }

  friend bool operator==(const Manifest&, const Manifest&) = default;
};

// SHA-256 over the header, all slots in order of their numbers, the anchor if there is one, the rotation if one is
// under way, and the loose keys in order of their numbers: for each kind(1) | number(8) | size(4) | body.
ByteArray<32> digest_open_parts(ByteView header, std::span<const Part> slots, const std::optional<Bytes>& anchor,
                                const std::optional<Bytes>& rotation = std::nullopt,
                                std::span<const Part> loose_keys = {});

// Associated data: "latchkey/v1/vault/manifest" | vault(16) | generation(4).
Result<Bytes> seal_manifest(const Keyring& keys, const Manifest& manifest);
// Fails: vault_corrupted, future_version.
Result<Manifest> open_manifest(const Keyring& keys, ByteView sealed);

}  // namespace latchkey::vault
