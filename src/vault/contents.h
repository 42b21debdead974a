// What an unlocked vault knows and does: it checks everything it reads against the manifest, and renews the manifest
// with everything it writes. Works inside the transactions of a RecordStore.
#pragma once

#include <span>
#include <vector>

#include "vault/index_editor.h"
#include "vault/loose_key.h"
#include "vault/manifest.h"
#include "vault/record.h"
#include "vault/rollback_anchor.h"
#include "vault/sealed_values.h"
#include "vault/slot.h"

namespace latchkey::vault {

// The header and slots as they lie in the store; authentic only once a manifest vouches for them.
struct OpenParts {
  Header header;
  std::vector<Slot> slots;
  std::optional<Bytes> anchor;    // parameters of the rollback anchor
  std::optional<Bytes> rotation;  // while one is under way: the key of the generation before, sealed
  std::vector<LooseKey> loose_keys = {};
  ByteArray<32> digest{};
};
// Fails: vault_corrupted, future_version.
Result<OpenParts> read_open_parts(RecordReader& reader);

struct FoundValue {
  RecordValue value;
  bool is_ask_every_time;
};

// What one step of a rotation does at most; all of it is in memory until the step commits.
struct RotationLimit {
  std::size_t records;
  std::size_t bytes;  // of values; the last one may go beyond it
};
struct RotationStep {
  std::size_t records = 0;  // sealed anew
  bool is_last = false;     // the old key is gone from the file
};

// Not thread-safe. Fails everywhere: vault_corrupted, vault_rolled_back (the file is older than what was seen before),
// vault_locked (another process rotated the data key: unlock again), and as the store.
class Contents final {
 public:
  // Writes a new vault: header, slots, manifest.
  static Result<Contents> create(Keyring keys, RecordWriter& writer, const Header& header, std::span<const Slot> slots,
                                 const std::optional<Anchor>& anchor = std::nullopt);
  // Checks header and slots, and the root of the index.
  static Result<Contents> open(Keyring keys, RecordReader& reader);

  // One transaction, which begins by learning what other processes wrote. When it fails, what this remembers of the
  // store is forgotten and checked anew the next time. What is read may be remembered as a whole, and nobody have
  // written since: then there is no transaction. `work` may be called twice, the last time counts.
  Status read(RecordStore& store, const ReadWork& work);
  Status write(RecordStore& store, const WriteWork& work);

  // Inside read() or write(). A record that has expired is not there.
  Result<std::optional<FoundValue>> find_value(RecordReader& reader, std::string_view name, Instant now);
  Result<std::optional<RecordInfo>> find_info(RecordReader& reader, std::string_view name, Instant now);
  Result<std::vector<RecordInfo>> page(RecordReader& reader, const PageRequest& request, Instant now);
  Status apply(RecordWriter& writer, std::span<const Change> changes, Instant now);
  // Opens every record, and finds parts nobody names.
  Status verify(RecordReader& reader);
  // Removes records that have expired, at most `limit`; answers how many there were.
  Result<std::size_t> purge(RecordWriter& writer, Instant now, std::size_t limit);

  Status put_slot(RecordWriter& writer, const Slot& slot);
  Status remove_slot(RecordWriter& writer, std::uint32_t id);
  Status put_header(RecordWriter& writer, const Header& header);
  bool has_room_for_loose_key() const;
  // Under a number that none had before, which it answers. Fails also: storage_full.
  Result<std::uint64_t> add_loose_key(RecordWriter& writer, LooseKey key);
  // Replaces the one of that number.
  Status put_loose_key(RecordWriter& writer, const LooseKey& key);
  Status remove_loose_key(RecordWriter& writer, std::uint64_t number);
  Status put_enrolment(RecordWriter& writer, const ByteArray<32>& enrolment);

  // The write under way is the first of a new epoch of the anchor.
  void begin_epoch() { ++manifest_.epoch; }
  void take_back_epoch() { --manifest_.epoch; }
  // Of a checkpoint: how many writes were made since its epoch was stepped, by whatever process.
  std::uint64_t uncovered_writes() const { return manifest_.revision - manifest_.covered; }
  // The write under way is of one revision, and not worth a step of its own: it changes nothing of whether one is due.
  void leave_coverage() {
    if (uncovered_writes() == 0) ++manifest_.covered;
  }
  // A write of nothing but the next epoch, which covers all before it.
  Status step_epoch(RecordWriter& writer);
  // A write of nothing but that epoch, if it is above the file's: for an anchor that is about to be.
  Status raise_epoch(RecordWriter& writer, AnchorCount epoch);
  // Replaces the anchor, by one whose epoch covers everything; none: there is none from now on. The epoch stays then,
  // so that what is under way for this anchor means nothing to the next.
  Status put_anchor(RecordWriter& writer, const std::optional<Anchor>& anchor);
  // Other parameters of the same anchor.
  Status put_anchor_parameters(RecordWriter& writer, ByteView parameters);
  const std::optional<Bytes>& anchor() const { return parts_->anchor; }

  // Rotation of the data key: begin, then steps until one answers true. Everything stays readable meanwhile, and what
  // is written goes under the new key. A process that stops in between leaves a vault that any other can carry on.
  bool is_rotating() const { return keys_.previous.has_value(); }
  // Fails also: conflict (one is under way).
  Status begin_rotation(RecordWriter& writer, Instant now);
  // Seals records anew until there are `limit.records` of them or their values have `limit.bytes`.
  Result<RotationStep> rotate_some(RecordWriter& writer, const RotationLimit& limit);

  // Another process rotated the data key: these keys open nothing any more.
  bool is_superseded() const { return is_superseded_; }

  // Of the same vault.
  bool is_of_earlier_key_than(const Contents& other) const {
    return header().id == other.header().id && header().generation < other.header().generation;
  }

  const Header& header() const { return parts_->header; }
  const std::vector<Slot>& slots() const { return parts_->slots; }
  const std::vector<LooseKey>& loose_keys() const { return parts_->loose_keys; }
  const Keyring& keys() const { return keys_.current; }
  const Manifest& manifest() const { return manifest_; }

 private:
  explicit Contents(Keyring keys) : keys_{std::move(keys)} {}
  Status refresh(RecordReader& reader);
  Status refresh_rotation();
  Status check_open_parts(RecordReader& reader, const Manifest& manifest);
  Status check_counts(RecordReader& reader);
  void forget();
  Index index(RecordReader& reader) { return {cache_, keys_, reader, manifest_.root}; }
  // Its name is the one that was asked for, where that lies.
  Result<std::optional<EntryView>> find_entry(RecordReader& reader, const RecentEntries& recent, std::string_view name);
  Status walk_from(RecordReader& reader, const Index::Start& start, const Index::Visit& visit);
  Result<Entries> find_expired(RecordReader& reader, Instant now, std::size_t limit);
  Result<Bytes> read_sealed(RecordReader& reader, const EntryView& entry);
  Result<RecordValue> open_sealed(ByteView sealed, const EntryView& entry);
  Result<RecordValue> read_value(RecordReader& reader, const EntryView& entry);
  Result<RecordValue> read_value_again(RecordReader& reader, const EntryView& entry);
  // Its name lies in the change.
  Result<EntryView> put_value(RecordWriter& writer, const Change& change, const std::optional<EntryView>& before,
                              Instant now);
  Status apply_one(RecordWriter& writer, IndexEditor& editor, const Change& change, Instant now);
  bool may_stay_recent(std::span<const Change> changes, Instant now) const;
  Status put_recent(RecordWriter& writer, std::span<const Change> changes, Instant now);
  Status put_into_tree(IndexEditor& editor);
  Status settle(RecordWriter& writer);
  Result<Entries> find_stale(RecordReader& reader, std::size_t limit);
  Result<std::size_t> seal_record_anew(RecordWriter& writer, Entry& entry);
  Status end_rotation(RecordWriter& writer);
  Status commit_index(RecordWriter& writer, IndexEditor& editor);
  Status commit_open_parts(RecordWriter& writer);
  Status write_manifest(RecordWriter& writer, Manifest next);

  Keyrings keys_;
  Bytes sealed_manifest_;             // as last read or written; empty: view unknown
  std::optional<StoreVersion> seen_;  // with that manifest, of the store
  Manifest manifest_;
  std::shared_ptr<const OpenParts> parts_ = std::make_shared<const OpenParts>();
  NodeCache cache_;
  SealedValues values_;
  PartNumbers numbers_{1};
  bool is_superseded_ = false;
};

}  // namespace latchkey::vault
