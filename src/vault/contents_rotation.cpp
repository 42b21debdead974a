// Rotation of the data key, and the slots it goes to. The new key is sealed to every slot at once; the old one is kept
// in the file, sealed under the new, until no record and no node needs it.
#include "vault/byte_reader.h"
#include "vault/contents.h"

namespace latchkey::vault {
namespace {

Bytes associated_data(const Keyring& keys, std::uint32_t old_generation) {
  Bytes out;
  append(out, as_bytes("latchkey/v1/vault/previous"));
  append(out, keys.context());
  append_be(out, old_generation);
  return out;
}

// generation(4) | the data key of that generation, sealed.
Result<Bytes> seal_previous(const Keyring& current, const Keyring& previous) {
  Bytes out;
  append_be(out, previous.generation());
  TRY(const Bytes sealed,
      current.keys().seal(previous.data_key().reveal(), associated_data(current, previous.generation())));
  append(out, sealed);
  return out;
}

Result<Keyring> open_previous(const Keyring& current, const Header& header, ByteView body) {
  ByteReader reader(body);
  TRY(const auto generation, reader.take_integer<std::uint32_t>());
  if (generation >= current.generation()) return fail(Code::vault_corrupted, "rotation");
  auto key = current.keys().open_secret<DataKeyTag>(reader.take_rest(), associated_data(current, generation));
  if (!key) return fail(Code::vault_corrupted, "rotation");
  Header old = header;
  old.generation = generation;
  return Keyring::create(*std::move(key), old);
}

Status seal_anew(Slot& slot, const Keyring& from, const Keyring& to, const Header& header) {
  TRY(const SlotAuthenticator authenticator, open_authenticator(from, slot));
  TRY(slot.sealed_authenticator, seal_authenticator(to, authenticator, slot.id));
  TRY(slot.sealed_data_key,
      seal_data_key(slot.public_key, authenticator, to.data_key(), {header.id, header.generation, slot.id}));
  return {};
}

}  // namespace

Status Contents::refresh_rotation() {
  if (!parts_->rotation) {
    keys_.previous.reset();
    return {};
  }
  if (keys_.previous) return {};
  TRY(keys_.previous, open_previous(keys_.current, parts_->header, *parts_->rotation));
  return {};
}

Status Contents::begin_rotation(RecordWriter& writer, Instant now) {
  if (is_rotating()) return fail(Code::conflict, "a rotation is under way");
  TRY_DO(settle(writer));  // all that the key before sealed is then in the tree
  TRY_DO(check_open_parts(writer, manifest_));
  Header header = parts_->header;
  if (header.generation == std::numeric_limits<std::uint32_t>::max()) return fail(Code::unsupported, "generations");
  ++header.generation;
  header.rotated_at = now;
  TRY(Keyring fresh, Keyring::create(Keyring::make_data_key(), header));
  for (Slot slot : parts_->slots) {
    TRY_DO(seal_anew(slot, keys_.current, fresh, header));
    TRY_DO(writer.put({PartKind::slot, slot.id}, print_slot(slot)));
  }
  TRY_DO(writer.put(header_part, print_header(header)));
  TRY(const Bytes previous, seal_previous(fresh, keys_.current));
  TRY_DO(writer.put(rotation_part, previous));
  keys_.previous = std::move(keys_.current);
  keys_.current = std::move(fresh);
  return commit_open_parts(writer);
}

// Records whose value or leaf needs an older key.
Result<Entries> Contents::find_stale(RecordReader& reader, std::size_t limit) {
  const std::uint32_t current = keys_.current.generation();
  Entries stale;
  TRY_DO(index(reader).walk_where([&](const NodeLink& link) { return link.oldest_generation < current; },
                                  [&](const EntryView& entry) -> Result<Walk> {
                                    if (entry.generation < current) stale.push_back(copy_of(entry));
                                    return stale.size() == limit ? Walk::stop : Walk::go_on;
                                  }));
  return stale;
}

// Under the current key, in its place.
Result<std::size_t> Contents::seal_record_anew(RecordWriter& writer, Entry& entry) {
  TRY(const RecordValue value, read_value(writer, view_of(entry)));
  entry.generation = keys_.current.generation();
  TRY(const Bytes sealed, seal_value(keys_.current, value.reveal(), {entry.name, entry.part, entry.sequence}));
  TRY_DO(writer.put({PartKind::value, entry.part}, sealed));
  return value.size();
}

Status Contents::end_rotation(RecordWriter& writer) {
  if (!manifest_.root.is_empty() && manifest_.root.oldest_generation != keys_.current.generation())
    return fail(Code::vault_corrupted, "rotation");
  TRY_DO(check_open_parts(writer, manifest_));
  TRY_DO(writer.remove(rotation_part));
  TRY_DO(commit_open_parts(writer));
  keys_.previous.reset();
  return {};
}

Result<RotationStep> Contents::rotate_some(RecordWriter& writer, const RotationLimit& limit) {
  RotationStep step;
  step.is_last = !is_rotating();
  if (step.is_last) return step;
  TRY_DO(settle(writer));
  TRY(auto stale, find_stale(writer, limit.records));
  IndexEditor editor(cache_, keys_, writer, manifest_.root);
  for (std::size_t bytes = 0; step.records < stale.size() && bytes < limit.bytes; ++step.records) {
    Entry& entry = stale[step.records];
    TRY(const std::size_t size, seal_record_anew(writer, entry));
    TRY_DO(editor.put(view_of(entry)));
    bytes += size;
  }
  TRY_DO(commit_index(writer, editor));
  step.is_last = step.records == stale.size() && stale.size() < limit.records;
  if (step.is_last) TRY_DO(end_rotation(writer));
  return step;
}

}  // namespace latchkey::vault
