#include "vault/contents.h"

#include <algorithm>
#include <array>

#include "protocol/limits/vault.h"

namespace latchkey::vault {
namespace {

constexpr PartId manifest_part{PartKind::manifest};
constexpr PartId anchor_part{PartKind::anchor};
constexpr std::size_t usual_page = 128;
constexpr std::size_t max_purged_beside = 32;  // expired records a write removes on the way, so that none pays for all

Result<Bytes> get_part(RecordReader& reader, PartId id) {
  TRY(auto body, reader.find(id));
  if (!body) return fail(Code::vault_corrupted, "a part is missing");
  return *std::move(body);
}

RecordInfo info_of(const EntryView& entry) {
  return {.name = std::string(entry.name),
          .kind = entry.attributes.kind,
          .sequence = entry.sequence,
          .written_at = entry.attributes.written_at,
          .expires_at = entry.attributes.expires_at,
          .is_ask_every_time = entry.attributes.is_ask_every_time};
}

// A time before 1970 has no place in the file; either way the record is not there.
std::optional<Instant> storable(std::optional<Instant> expires_at) {
  return expires_at ? std::optional(std::max(*expires_at, Instant{})) : std::nullopt;
}

Status check_expected(const Change& change, const std::optional<EntryView>& before, Instant now) {
  const bool is_there = before && !before->attributes.is_expired(now);
  if (change.expected_sequence && *change.expected_sequence != (is_there ? before->sequence : 0))
    return fail(Code::conflict);
  return {};
}

Status remove_all(RecordWriter& writer, IndexEditor& editor, const Entries& entries) {
  for (const Entry& entry : entries) {
    TRY_DO(writer.remove({PartKind::value, entry.part}));
    TRY_DO(editor.remove(entry.name));
  }
  return {};
}

ValuePlace place_of(const EntryView& entry) { return {entry.name, entry.part, entry.sequence}; }

}  // namespace

Result<OpenParts> read_open_parts(RecordReader& reader) {
  OpenParts parts;
  TRY(const Bytes header, get_part(reader, header_part));
  TRY(parts.header, parse_header(header));
  TRY(const auto slots, reader.list(PartKind::slot));
  if (slots.empty() || slots.size() > protocol::limits::vault_slots)
    return fail(Code::vault_corrupted, "number of slots");
  for (const Part& part : slots) {
    if (part.number > std::numeric_limits<std::uint32_t>::max()) return fail(Code::vault_corrupted, "slot: number");
    TRY(Slot slot, parse_slot(static_cast<std::uint32_t>(part.number), part.body));
    parts.slots.push_back(std::move(slot));
  }
  TRY(parts.anchor, reader.find(anchor_part));
  TRY(parts.rotation, reader.find(rotation_part));
  TRY(const auto loose_keys, reader.list(PartKind::loose_key));
  if (loose_keys.size() > protocol::limits::loose_keys) return fail(Code::vault_corrupted, "number of loose keys");
  for (const Part& part : loose_keys) {
    TRY(LooseKey key, parse_loose_key(part.number, part.body));
    parts.loose_keys.push_back(std::move(key));
  }
  parts.digest = digest_open_parts(header, slots, parts.anchor, parts.rotation, loose_keys);
  return parts;
}

Result<Contents> Contents::create(Keyring keys, RecordWriter& writer, const Header& header, std::span<const Slot> slots,
                                  const std::optional<Anchor>& anchor) {
  Contents contents(std::move(keys));
  if (anchor) {
    TRY_DO(writer.put(anchor_part, anchor->parameters));
    contents.manifest_.epoch = anchor->count;
    contents.leave_coverage();
  }
  TRY_DO(writer.put(header_part, print_header(header)));
  for (const Slot& slot : slots) TRY_DO(writer.put({PartKind::slot, slot.id}, print_slot(slot)));
  TRY_DO(contents.commit_open_parts(writer));
  return contents;
}

Result<Contents> Contents::open(Keyring keys, RecordReader& reader) {
  Contents contents(std::move(keys));
  TRY_DO(contents.refresh(reader));
  if (!contents.manifest_.root.is_empty())
    TRY_DO(contents.cache_.load(reader, contents.keys_, contents.manifest_.root));
  return contents;
}

Status Contents::read(RecordStore& store, const ReadWork& work) {
  const Status done = store.read([&](RecordReader& reader) -> Status {
    if (seen_ && reader.version() == seen_) {
      Status worked = work(reader);
      if (reader.version() == seen_) return worked;  // nor did anybody write before the first part was read
    }
    TRY_DO(refresh(reader));
    seen_ = reader.version();
    return work(reader);
  });
  if (!done) forget();
  return done;
}

Status Contents::write(RecordStore& store, const WriteWork& work) {
  std::optional<Manifest> before;  // none: it did not get so far
  auto parts_before = parts_;
  const std::uint32_t generation = keys_.current.generation();
  const auto seen = std::exchange(seen_, std::nullopt);
  const Status done = store.write_and_tell(
      [&](RecordWriter& writer) -> Status {
        if (!seen || writer.version() != seen) TRY_DO(refresh(writer));
        before = manifest_;
        parts_before = parts_;
        return work(writer);
      },
      seen_);
  if (done) return done;
  forget();
  if (before) manifest_ = *std::move(before);
  parts_ = std::move(parts_before);
  if (keys_.current.generation() != generation) {  // a rotation that did not begin
    keys_.current = *std::move(keys_.previous);
    keys_.previous.reset();
  }
  return done;
}

// Nodes of a write that did not happen must not be taken for those of the one that takes its sequence.
void Contents::forget() {
  sealed_manifest_.clear();
  seen_.reset();
  cache_.clear();
  values_.clear();
}

Status Contents::refresh(RecordReader& reader) {
  TRY(Bytes sealed, get_part(reader, manifest_part));
  if (!sealed_manifest_.empty() && sealed == sealed_manifest_) return {};
  TRY(const Bytes header, get_part(reader, header_part));
  TRY(const Header now, parse_header(header));
  is_superseded_ = now.generation > keys_.current.generation();
  if (is_superseded_) return fail(Code::vault_locked, "another process rotated the data key");
  TRY(const Manifest manifest, open_manifest(keys_.current, sealed));
  if (manifest.revision < manifest_.revision) return fail(Code::vault_rolled_back);
  if (manifest.revision == manifest_.revision && manifest != manifest_) return fail(Code::vault_rolled_back);
  const std::optional<Bytes> anchor = parts_->anchor;
  TRY_DO(check_open_parts(reader, manifest));
  // Of the same anchor. Revisions may be made up for by whoever writes to an older copy, epochs may not.
  if (anchor && parts_->anchor == anchor && manifest.epoch < manifest_.epoch) return fail(Code::vault_rolled_back);
  TRY_DO(refresh_rotation());
  manifest_ = manifest;
  numbers_ = PartNumbers(manifest.next_part);
  sealed_manifest_ = std::move(sealed);
  return {};
}

Status Contents::check_open_parts(RecordReader& reader, const Manifest& manifest) {
  TRY(OpenParts parts, read_open_parts(reader));
  if (parts.digest != manifest.open_parts) return fail(Code::vault_corrupted, "header or slots");
  parts_ = std::make_shared<const OpenParts>(std::move(parts));
  return {};
}

Result<Bytes> Contents::read_sealed(RecordReader& reader, const EntryView& entry) {
  return get_part(reader, {PartKind::value, entry.part});
}

Result<RecordValue> Contents::open_sealed(ByteView sealed, const EntryView& entry) {
  TRY(const Keyring* const keys, keys_.of(entry.generation));
  return open_value(*keys, sealed, place_of(entry));
}

Result<RecordValue> Contents::read_value(RecordReader& reader, const EntryView& entry) {
  TRY(const Bytes sealed, read_sealed(reader, entry));
  return open_sealed(sealed, entry);
}

// What is asked for once is asked for again: only what opened is kept.
Result<RecordValue> Contents::read_value_again(RecordReader& reader, const EntryView& entry) {
  if (const Bytes* const kept = values_.find(entry)) return open_sealed(*kept, entry);
  TRY(Bytes sealed, read_sealed(reader, entry));
  TRY(RecordValue value, open_sealed(sealed, entry));
  values_.keep(entry, std::move(sealed));
  return value;
}

Result<std::optional<EntryView>> Contents::find_entry(RecordReader& reader, const RecentEntries& recent,
                                                      std::string_view name) {
  TRY(auto found, recent.find(name));
  if (found) return found;
  return index(reader).find(name);
}

// The tree's entries and the recent ones, as one list.
Status Contents::walk_from(RecordReader& reader, const Index::Start& start, const Index::Visit& visit) {
  const RecentEntries recent = manifest_.recent;
  std::size_t next = recent.position_of(start.name);
  if (!start.is_included && recent.has(start.name)) ++next;
  Walk step = Walk::go_on;
  const auto visit_recent = [&](const auto& is_due) -> Status {
    while (step == Walk::go_on && next < recent.count() && is_due(recent.name_at(next))) {
      TRY(const EntryView entry, recent.entry_at(next++));
      TRY(step, visit(entry));
    }
    return {};
  };
  TRY_DO(index(reader).walk_from(start, [&](const EntryView& entry) -> Result<Walk> {
    TRY_DO(visit_recent([&](std::string_view due) { return due <= entry.name; }));
    if (step == Walk::go_on && !recent.has(entry.name)) {
      TRY(step, visit(entry));
    }
    return step;
  }));
  return visit_recent([](std::string_view) { return true; });
}

Result<std::optional<FoundValue>> Contents::find_value(RecordReader& reader, std::string_view name, Instant now) {
  TRY_DO(check_name(name));
  TRY(const auto entry, find_entry(reader, manifest_.recent, name));
  if (!entry || entry->attributes.is_expired(now)) return std::optional<FoundValue>();
  TRY(RecordValue value, read_value_again(reader, *entry));
  return std::optional<FoundValue>(FoundValue{std::move(value), entry->attributes.is_ask_every_time});
}

Result<std::optional<RecordInfo>> Contents::find_info(RecordReader& reader, std::string_view name, Instant now) {
  TRY_DO(check_name(name));
  TRY(const auto entry, find_entry(reader, manifest_.recent, name));
  if (!entry || entry->attributes.is_expired(now)) return std::optional<RecordInfo>();
  return std::optional<RecordInfo>(info_of(*entry));
}

Result<std::vector<RecordInfo>> Contents::page(RecordReader& reader, const PageRequest& request, Instant now) {
  std::vector<RecordInfo> found;
  found.reserve(std::min(request.limit, usual_page));
  const auto visit = [&](const EntryView& entry) -> Result<Walk> {
    if (!entry.name.starts_with(request.prefix) || found.size() == request.limit) return Walk::stop;
    if (!entry.attributes.is_expired(now)) found.push_back(info_of(entry));
    return Walk::go_on;
  };
  const bool is_first_page = request.after.empty() || request.after < request.prefix;
  const Index::Start start{is_first_page ? request.prefix : request.after, is_first_page};
  TRY_DO(walk_from(reader, start, visit));
  return found;
}

Status Contents::verify(RecordReader& reader) {
  cache_.clear();
  TRY_DO(check_open_parts(reader, manifest_));
  Index tree = index(reader);
  TRY(const auto nodes, tree.check());
  std::uint64_t records = 0;
  TRY_DO(walk_from(reader, {}, [&](const EntryView& entry) -> Result<Walk> {
    ++records;
    TRY_DO(read_value(reader, entry));
    return Walk::go_on;
  }));
  TRY(const auto node_parts, reader.count(PartKind::node));
  TRY(const auto value_parts, reader.count(PartKind::value));
  TRY_DO(check_counts(reader));
  if (records != manifest_.record_count()) return fail(Code::vault_corrupted, "number of records");
  if (node_parts != nodes || value_parts != records) return fail(Code::vault_corrupted, "parts nobody names");
  return {};
}

// Of the kinds that have one part at most. Attempts are nobody's word (lock_policy.h).
Status Contents::check_counts(RecordReader& reader) {
  const std::array<std::pair<PartKind, bool>, 4> kinds{{{PartKind::header, true},
                                                        {PartKind::manifest, true},
                                                        {PartKind::rotation, is_rotating()},
                                                        {PartKind::anchor, parts_->anchor.has_value()}}};
  for (const auto& [kind, is_there] : kinds) {
    TRY(const auto count, reader.count(kind));
    if (count != (is_there ? 1 : 0)) return fail(Code::vault_corrupted, "parts nobody names");
  }
  return {};
}

Status Contents::apply(RecordWriter& writer, std::span<const Change> changes, Instant now) {
  if (may_stay_recent(changes, now)) return put_recent(writer, changes, now);
  TRY(const auto expired, find_expired(writer, now, max_purged_beside));
  IndexEditor editor(cache_, keys_, writer, manifest_.root);
  TRY_DO(put_into_tree(editor));
  TRY_DO(remove_all(writer, editor, expired));
  for (const Change& change : changes) TRY_DO(apply_one(writer, editor, change, now));
  return commit_index(writer, editor);
}

Status Contents::apply_one(RecordWriter& writer, IndexEditor& editor, const Change& change, Instant now) {
  TRY_DO(check_name(change.name));
  TRY(const auto before, editor.find(change.name));
  TRY_DO(check_expected(change, before, now));
  if (change.value) {
    TRY(const EntryView entry, put_value(writer, change, before, now));
    return editor.put(entry);
  }
  if (!before || before->attributes.is_expired(now)) return fail(Code::not_found, "record");
  TRY_DO(writer.remove({PartKind::value, before->part}));
  return editor.remove(change.name);
}

Result<EntryView> Contents::put_value(RecordWriter& writer, const Change& change,
                                      const std::optional<EntryView>& before, Instant now) {
  EntryView entry{.name = change.name,
                  .attributes = {change.kind, change.is_ask_every_time, now, storable(change.expires_at)},
                  .part = before ? before->part : 0,
                  .sequence = manifest_.revision + 1,
                  .generation = keys_.current.generation()};
  if (entry.part == 0) {
    TRY(entry.part, numbers_.take());
  }
  TRY(const Bytes sealed, seal_value(keys_.current, change.value->reveal(), place_of(entry)));
  TRY_DO(writer.put({PartKind::value, entry.part}, sealed));
  return entry;
}

// What is removed, and what expires, goes from the tree; so does a batch that would push out all the others at once.
bool Contents::may_stay_recent(std::span<const Change> changes, Instant now) const {
  if (manifest_.earliest_expiry() <= static_cast<std::uint64_t>(to_unix_millis(now))) return false;
  std::size_t size = manifest_.recent.printed().size();
  for (const Change& change : changes) {
    if (!change.value) return false;
    if (!manifest_.recent.has(change.name)) size += RecentEntries::printed_size(change.name);
    if (size > RecentEntries::max_size) return false;
  }
  return true;
}

Status Contents::put_recent(RecordWriter& writer, std::span<const Change> changes, Instant now) {
  Manifest next = manifest_;
  ++next.revision;
  for (const Change& change : changes) {
    TRY_DO(check_name(change.name));
    TRY(const auto before, find_entry(writer, next.recent, change.name));
    TRY_DO(check_expected(change, before, now));
    TRY(const EntryView entry, put_value(writer, change, before, now));
    next.recent.put(entry, before ? RecentEntries::InTree::yes : RecentEntries::InTree::no);
  }
  return write_manifest(writer, std::move(next));
}

// commit_index() then forgets them.
Status Contents::put_into_tree(IndexEditor& editor) {
  for (std::size_t at = 0; at < manifest_.recent.count(); ++at) {
    TRY(const EntryView entry, manifest_.recent.entry_at(at));
    TRY_DO(editor.put(entry));
  }
  return {};
}

Status Contents::settle(RecordWriter& writer) {
  if (manifest_.recent.is_empty()) return {};
  IndexEditor editor(cache_, keys_, writer, manifest_.root);
  TRY_DO(put_into_tree(editor));
  return commit_index(writer, editor);
}

Result<std::size_t> Contents::purge(RecordWriter& writer, Instant now, std::size_t limit) {
  TRY(const auto expired, find_expired(writer, now, limit));
  if (expired.empty()) return std::size_t{0};
  IndexEditor editor(cache_, keys_, writer, manifest_.root);
  TRY_DO(put_into_tree(editor));
  TRY_DO(remove_all(writer, editor, expired));
  TRY_DO(commit_index(writer, editor));
  return expired.size();
}

Result<Entries> Contents::find_expired(RecordReader& reader, Instant now, std::size_t limit) {
  const auto until = static_cast<std::uint64_t>(to_unix_millis(now));
  Entries expired;
  const auto note = [&](const EntryView& entry) {
    if (entry.attributes.is_expired(now)) expired.push_back(copy_of(entry));
    return expired.size() == limit ? Walk::stop : Walk::go_on;
  };
  for (std::size_t at = 0; at < manifest_.recent.count(); ++at) {
    TRY(const EntryView entry, manifest_.recent.entry_at(at));
    if (note(entry) == Walk::stop) return expired;
  }
  TRY_DO(index(reader).walk_where([&](const NodeLink& link) { return link.earliest_expiry <= until; },
                                  [&](const EntryView& entry) -> Result<Walk> {
                                    return manifest_.recent.has(entry.name) ? Walk::go_on : note(entry);
                                  }));
  return expired;
}

// Each change of an open part first makes sure that what it changes is authentic.
Status Contents::put_slot(RecordWriter& writer, const Slot& slot) {
  TRY_DO(check_open_parts(writer, manifest_));
  TRY_DO(writer.put({PartKind::slot, slot.id}, print_slot(slot)));
  return commit_open_parts(writer);
}
Status Contents::remove_slot(RecordWriter& writer, std::uint32_t id) {
  TRY_DO(check_open_parts(writer, manifest_));
  TRY_DO(writer.remove({PartKind::slot, id}));
  TRY_DO(writer.remove({PartKind::attempts, id}));
  return commit_open_parts(writer);
}
Status Contents::put_header(RecordWriter& writer, const Header& header) {
  TRY_DO(check_open_parts(writer, manifest_));
  TRY_DO(writer.put(header_part, print_header(header)));
  return commit_open_parts(writer);
}

bool Contents::has_room_for_loose_key() const { return loose_keys().size() < protocol::limits::loose_keys; }
Result<std::uint64_t> Contents::add_loose_key(RecordWriter& writer, LooseKey key) {
  if (!has_room_for_loose_key())
    return fail(Code::storage_full, "too many keys of former slots are left in their stores");
  TRY(key.number, numbers_.take());
  TRY_DO(put_loose_key(writer, key));
  return key.number;
}
Status Contents::put_loose_key(RecordWriter& writer, const LooseKey& key) {
  TRY_DO(check_open_parts(writer, manifest_));
  TRY_DO(writer.put({PartKind::loose_key, key.number}, print_loose_key(key)));
  return commit_open_parts(writer);
}
Status Contents::remove_loose_key(RecordWriter& writer, std::uint64_t number) {
  TRY_DO(check_open_parts(writer, manifest_));
  TRY_DO(writer.remove({PartKind::loose_key, number}));
  return commit_open_parts(writer);
}

Status Contents::put_anchor(RecordWriter& writer, const std::optional<Anchor>& anchor) {
  TRY_DO(check_open_parts(writer, manifest_));
  if (anchor) {
    manifest_.epoch = anchor->count;
    manifest_.covered = manifest_.revision + 1;
  }
  TRY_DO(anchor ? writer.put(anchor_part, anchor->parameters) : writer.remove(anchor_part));
  return commit_open_parts(writer);
}

Status Contents::put_anchor_parameters(RecordWriter& writer, ByteView parameters) {
  TRY_DO(check_open_parts(writer, manifest_));
  TRY_DO(writer.put(anchor_part, parameters));
  return commit_open_parts(writer);
}

Status Contents::step_epoch(RecordWriter& writer) {
  Manifest next = manifest_;
  ++next.revision;
  ++next.epoch;
  next.covered = next.revision;
  return write_manifest(writer, std::move(next));
}

Status Contents::raise_epoch(RecordWriter& writer, AnchorCount epoch) {
  if (manifest_.epoch >= epoch) return {};
  Manifest next = manifest_;
  ++next.revision;
  next.epoch = epoch;
  return write_manifest(writer, std::move(next));
}

Status Contents::put_enrolment(RecordWriter& writer, const ByteArray<32>& enrolment) {
  TRY_DO(check_open_parts(writer, manifest_));
  manifest_.enrolment = enrolment;
  return commit_open_parts(writer);
}

Status Contents::commit_open_parts(RecordWriter& writer) {
  TRY(OpenParts parts, read_open_parts(writer));
  Manifest next = manifest_;
  ++next.revision;
  next.open_parts = parts.digest;
  parts_ = std::make_shared<const OpenParts>(std::move(parts));
  return write_manifest(writer, std::move(next));
}

Status Contents::commit_index(RecordWriter& writer, IndexEditor& editor) {
  Manifest next = manifest_;
  ++next.revision;
  TRY(next.root, editor.finish(numbers_, next.revision));
  next.recent = {};
  return write_manifest(writer, std::move(next));
}

Status Contents::write_manifest(RecordWriter& writer, Manifest next) {
  manifest_ = std::move(next);
  manifest_.next_part = numbers_.next();
  TRY(sealed_manifest_, seal_manifest(keys_.current, manifest_));
  return writer.put(manifest_part, sealed_manifest_);
}

}  // namespace latchkey::vault
