#include "vault/contents.h"

#include <algorithm>

namespace latchkey::vault {
namespace {

constexpr PartId header_part{PartKind::header, 0};
constexpr PartId manifest_part{PartKind::manifest, 0};

Result<Bytes> get_part(RecordReader& reader, PartId id) {
  TRY(auto body, reader.find_part(id));
  if (!body) return fail(Code::vault_corrupted, "a part is missing");
  return *std::move(body);
}

RecordInfo info_of(const RecordHead& head, const SealedRecord& record) {
  return {std::string(head.name), head.kind, record.sequence, head.written_at};
}

bool is_same(const RecordStamp& a, const RecordStamp& b) {
  return a.sequence == b.sequence && a.head_tag == b.head_tag && a.value_tag == b.value_tag;
}

}  // namespace

Result<OpenParts> read_open_parts(RecordReader& reader) {
  OpenParts parts;
  TRY(const Bytes header, get_part(reader, header_part));
  TRY(parts.header, parse_header(header));
  TRY(const auto slots, reader.list_parts(PartKind::slot));
  if (slots.empty() || slots.size() > max_slots) return fail(Code::vault_corrupted, "number of slots");
  for (const Part& part : slots) {
    TRY(Slot slot, parse_slot(part.id, part.body));
    parts.slots.push_back(std::move(slot));
  }
  parts.digest = digest_open_parts(header, slots);
  return parts;
}

Result<Contents> Contents::create(Keyring keys, RecordWriter& writer, const Header& header,
                                  std::span<const Slot> slots) {
  Contents contents(std::move(keys));
  TRY_DO(writer.put_part(header_part, print_header(header)));
  for (const Slot& slot : slots) TRY_DO(writer.put_part({PartKind::slot, slot.id}, print_slot(slot)));
  TRY_DO(contents.commit_open_parts(writer));
  return contents;
}

Result<Contents> Contents::open(Keyring keys, RecordReader& reader) {
  Contents contents(std::move(keys));
  TRY_DO(contents.refresh(reader));
  return contents;
}

Status Contents::read(RecordStore& store, const ReadWork& work) {
  const Status done = store.read([&](RecordReader& reader) -> Status {
    TRY_DO(refresh(reader));
    return work(reader);
  });
  if (!done) sealed_manifest_.clear();
  return done;
}

Status Contents::write(RecordStore& store, const WriteWork& work) {
  Manifest before = manifest_;
  const Status done = store.write([&](RecordWriter& writer) -> Status {
    TRY_DO(refresh(writer));
    before = manifest_;
    return work(writer);
  });
  if (!done) {
    sealed_manifest_.clear();
    manifest_ = before;
  }
  return done;
}

Status Contents::refresh(RecordReader& reader) {
  TRY(Bytes sealed, get_part(reader, manifest_part));
  if (!sealed_manifest_.empty() && sealed == sealed_manifest_) return {};
  TRY(const Manifest manifest, open_manifest(keys_, sealed));
  if (manifest.revision < manifest_.revision) return fail(Code::vault_rolled_back);
  if (manifest.revision == manifest_.revision && manifest != manifest_) return fail(Code::vault_rolled_back);
  TRY_DO(check_open_parts(reader, manifest));
  TRY_DO(check_records(reader, manifest));
  manifest_ = manifest;
  sealed_manifest_ = std::move(sealed);
  return {};
}

Status Contents::check_open_parts(RecordReader& reader, const Manifest& manifest) {
  TRY(OpenParts parts, read_open_parts(reader));
  if (parts.digest != manifest.open_parts) return fail(Code::vault_corrupted, "header or slots");
  parts_ = std::move(parts);
  return {};
}

Status Contents::check_records(RecordReader& reader, const Manifest& manifest) {
  stamps_.clear();
  RecordSum sum;
  TRY_DO(reader.visit_records([&](const SealedRecord& record) -> Result<Walk> {
    TRY(const RecordStamp stamp, stamp_of(keys_, record));
    sum.add(keys_, record.index, stamp);
    stamps_.emplace(record.index, stamp);
    return Walk::go_on;
  }));
  if (stamps_.size() != manifest.record_count || sum != manifest.records)
    return fail(Code::vault_corrupted, "the set of records");
  return {};
}

// What the view says is there must be there, and be what it was.
Status Contents::check_record(const SealedRecord& record) {
  const auto known = stamps_.find(record.index);
  TRY(const RecordStamp stamp, stamp_of(keys_, record));
  if (known == stamps_.end() || !is_same(known->second, stamp)) return fail(Code::vault_corrupted, "a record");
  return {};
}

Result<std::optional<SealedRecord>> Contents::find_record(RecordReader& reader, std::string_view name) {
  TRY_DO(check_name(name));
  const NameIndex index = keys_.index_of(name);
  TRY(auto record, reader.find_record(index));
  if (record) TRY_DO(check_record(*record));
  if (!record && stamps_.contains(index)) return fail(Code::vault_corrupted, "a record is missing");
  return record;
}

Result<std::optional<RecordValue>> Contents::find_value(RecordReader& reader, std::string_view name) {
  TRY(const auto record, find_record(reader, name));
  if (!record) return std::optional<RecordValue>();
  TRY(auto value, open_record_value(keys_, *record));
  return std::optional<RecordValue>(std::move(value));
}

Result<std::optional<RecordInfo>> Contents::find_info(RecordReader& reader, std::string_view name) {
  TRY(const auto record, find_record(reader, name));
  if (!record) return std::optional<RecordInfo>();
  TRY(const RecordHead head, open_record_head(keys_, *record));
  return std::optional<RecordInfo>(info_of(head, *record));
}

Result<std::vector<RecordInfo>> Contents::list(RecordReader& reader, std::string_view prefix) {
  std::vector<RecordInfo> found;
  std::size_t seen = 0;
  TRY_DO(reader.visit_records([&](const SealedRecord& record) -> Result<Walk> {
    ++seen;
    TRY_DO(check_record(record));
    TRY(const RecordHead head, open_record_head(keys_, record));
    if (std::string_view(head.name).starts_with(prefix)) found.push_back(info_of(head, record));
    return Walk::go_on;
  }));
  if (seen != stamps_.size()) return fail(Code::vault_corrupted, "a record is missing");
  std::ranges::sort(found, {}, &RecordInfo::name);
  return found;
}

Status Contents::verify(RecordReader& reader) {
  TRY_DO(check_open_parts(reader, manifest_));
  TRY_DO(check_records(reader, manifest_));
  return reader.visit_records([&](const SealedRecord& record) -> Result<Walk> {
    TRY_DO(open_record_head(keys_, record));
    TRY_DO(open_record_value(keys_, record));
    return Walk::go_on;
  });
}

Status Contents::apply(RecordWriter& writer, std::span<const Change> changes, Instant now) {
  Manifest next = manifest_;
  ++next.revision;
  for (const Change& change : changes) TRY_DO(apply_one(writer, change, next, now));
  next.record_count = stamps_.size();
  return write_manifest(writer, next);
}

Status Contents::apply_one(RecordWriter& writer, const Change& change, Manifest& next, Instant now) {
  TRY_DO(check_name(change.name));
  const NameIndex index = keys_.index_of(change.name);
  const auto known = stamps_.find(index);
  const std::uint64_t sequence = known == stamps_.end() ? 0 : known->second.sequence;
  if (change.expected_sequence && *change.expected_sequence != sequence) return fail(Code::conflict);
  if (!change.value && known == stamps_.end()) return fail(Code::not_found);
  forget_record(index, next);
  if (!change.value) return writer.remove_record(index);
  const RecordHead head{change.kind, now, WipedString(change.name)};
  TRY(const SealedRecord record, seal_record(keys_, head, change.value->reveal(), next.revision));
  TRY(const RecordStamp stamp, stamp_of(keys_, record));
  next.records.add(keys_, index, stamp);
  stamps_.emplace(index, stamp);
  return writer.put_record(record);
}

void Contents::forget_record(const NameIndex& index, Manifest& next) {
  const auto known = stamps_.find(index);
  if (known == stamps_.end()) return;
  next.records.subtract(keys_, index, known->second);
  stamps_.erase(known);
}

// Each change of an open part first makes sure that what it changes is authentic.
Status Contents::put_slot(RecordWriter& writer, const Slot& slot) {
  TRY_DO(check_open_parts(writer, manifest_));
  TRY_DO(writer.put_part({PartKind::slot, slot.id}, print_slot(slot)));
  return commit_open_parts(writer);
}
Status Contents::remove_slot(RecordWriter& writer, std::uint32_t id) {
  TRY_DO(check_open_parts(writer, manifest_));
  TRY_DO(writer.remove_part({PartKind::slot, id}));
  TRY_DO(writer.remove_part({PartKind::attempts, id}));
  return commit_open_parts(writer);
}
Status Contents::put_header(RecordWriter& writer, const Header& header) {
  TRY_DO(check_open_parts(writer, manifest_));
  TRY_DO(writer.put_part(header_part, print_header(header)));
  return commit_open_parts(writer);
}

Status Contents::commit_open_parts(RecordWriter& writer) {
  TRY(OpenParts parts, read_open_parts(writer));
  Manifest next = manifest_;
  ++next.revision;
  next.open_parts = parts.digest;
  parts_ = std::move(parts);
  return write_manifest(writer, next);
}

Status Contents::write_manifest(RecordWriter& writer, const Manifest& next) {
  TRY(Bytes sealed, seal_manifest(keys_, next));
  TRY_DO(writer.put_part(manifest_part, sealed));
  manifest_ = next;
  sealed_manifest_ = std::move(sealed);
  return {};
}

}  // namespace latchkey::vault
