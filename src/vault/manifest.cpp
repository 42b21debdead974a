#include "vault/manifest.h"

#include "crypto/digest.h"
#include "vault/byte_reader.h"

namespace latchkey::vault {
namespace {

constexpr std::uint8_t manifest_version = 1;

using Limbs = std::array<std::uint64_t, 4>;

Limbs to_limbs(const ByteArray<32>& bytes) {
  Limbs limbs;
  for (std::size_t i = 0; i < 4; ++i) limbs[3 - i] = read_be<std::uint64_t>(ByteView(bytes).subspan(i * 8, 8));
  return limbs;
}

Limbs term(const Keyring& keys, const NameIndex& index, const RecordStamp& stamp) {
  Bytes message(index.begin(), index.end());
  append_be(message, stamp.sequence);
  append(message, stamp.head_tag);
  append(message, stamp.value_tag);
  return to_limbs(keys.set().sign(message));
}

Bytes associated_data(const Keyring& keys) {
  Bytes out;
  append(out, as_bytes("latchkey/v1/vault/manifest"));
  append(out, keys.context());
  return out;
}

Status copy_tag(ByteView sealed, ByteArray<16>& to) {
  if (sealed.size() < crypto::Aead::overhead) return fail(Code::vault_corrupted, "a record is cut short");
  const ByteView tag = sealed.last(to.size());
  std::copy(tag.begin(), tag.end(), to.begin());
  return {};
}

void add_part(crypto::Sha256& hash, PartKind kind, std::uint32_t id, ByteView body) {
  Bytes prefix;
  prefix.push_back(static_cast<std::uint8_t>(kind));
  append_be(prefix, id);
  append_be(prefix, static_cast<std::uint32_t>(body.size()));
  hash.update(prefix);
  hash.update(body);
}

}  // namespace

Result<RecordStamp> stamp_of(const Keyring& keys, const SealedRecord& record) {
  if (record.generation != keys.generation()) return fail(Code::vault_corrupted, "a record of another generation");
  RecordStamp stamp;
  stamp.sequence = record.sequence;
  TRY_DO(copy_tag(record.head, stamp.head_tag));
  TRY_DO(copy_tag(record.value, stamp.value_tag));
  return stamp;
}

void RecordSum::add(const Keyring& keys, const NameIndex& index, const RecordStamp& stamp) {
  const Limbs value = term(keys, index, stamp);
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint64_t partial = limbs_[i] + carry;
    carry = partial < carry ? 1 : 0;
    limbs_[i] = partial + value[i];
    carry += limbs_[i] < partial ? 1 : 0;
  }
}

void RecordSum::subtract(const Keyring& keys, const NameIndex& index, const RecordStamp& stamp) {
  const Limbs value = term(keys, index, stamp);
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint64_t before = limbs_[i];
    limbs_[i] = before - value[i] - borrow;
    borrow = before < value[i] || (before == value[i] && borrow != 0) ? 1 : 0;
  }
}

ByteArray<32> RecordSum::print() const {
  Bytes bytes;
  for (std::size_t i = 4; i-- > 0;) append_be(bytes, limbs_[i]);
  ByteArray<32> out;
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

RecordSum RecordSum::parse(const ByteArray<32>& bytes) {
  RecordSum sum;
  sum.limbs_ = to_limbs(bytes);
  return sum;
}

ByteArray<32> digest_open_parts(ByteView header, std::span<const Part> slots) {
  crypto::Sha256 hash;
  add_part(hash, PartKind::header, 0, header);
  for (const Part& slot : slots) add_part(hash, PartKind::slot, slot.id, slot.body);
  return hash.finish();
}

Result<Bytes> seal_manifest(const Keyring& keys, const Manifest& manifest) {
  Bytes plain;
  plain.push_back(manifest_version);
  append_be(plain, manifest.revision);
  append_be(plain, manifest.record_count);
  append(plain, manifest.records.print());
  append(plain, manifest.open_parts);
  return keys.manifest().seal(plain, associated_data(keys));
}

Result<Manifest> open_manifest(const Keyring& keys, ByteView sealed) {
  const auto plain = keys.manifest().open(sealed, associated_data(keys));
  if (!plain) return fail(Code::vault_corrupted, "manifest");
  ByteReader reader(*plain);
  Manifest manifest;
  TRY(const auto version, reader.take_integer<std::uint8_t>());
  if (version > manifest_version) return fail(Code::future_version, "manifest");
  TRY(manifest.revision, reader.take_integer<std::uint64_t>());
  TRY(manifest.record_count, reader.take_integer<std::uint64_t>());
  TRY(const auto sum, reader.take_array<32>());
  manifest.records = RecordSum::parse(sum);
  TRY(manifest.open_parts, reader.take_array<32>());
  TRY_DO(reader.expect_end());
  return manifest;
}

}  // namespace latchkey::vault
