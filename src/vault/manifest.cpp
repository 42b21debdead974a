#include "vault/manifest.h"

#include "crypto/digest.h"
#include "vault/associated_data.h"
#include "vault/byte_reader.h"

namespace latchkey::vault {
namespace {

constexpr std::uint8_t manifest_version = 3;  // 1 has no recent entries, 1 and 2 do not say what is covered
constexpr std::size_t fixed_size = 1 + 4 * sizeof(std::uint64_t) + node_link_size + 2 * 32;

AssociatedData data_of_manifest(const Keyring& keys) { return {"latchkey/v1/vault/manifest", keys}; }

void add_part(crypto::Sha256& hash, PartKind kind, std::uint64_t number, ByteView body) {
  Bytes prefix;
  prefix.push_back(static_cast<std::uint8_t>(kind));
  append_be(prefix, number);
  append_be(prefix, static_cast<std::uint32_t>(body.size()));
  hash.update(prefix);
  hash.update(body);
}

}  // namespace

ByteArray<32> digest_open_parts(ByteView header, std::span<const Part> slots, const std::optional<Bytes>& anchor,
                                const std::optional<Bytes>& rotation, std::span<const Part> loose_keys) {
  crypto::Sha256 hash;
  add_part(hash, PartKind::header, 0, header);
  for (const Part& slot : slots) add_part(hash, PartKind::slot, slot.number, slot.body);
  if (anchor) add_part(hash, PartKind::anchor, 0, *anchor);
  if (rotation) add_part(hash, PartKind::rotation, 0, *rotation);
  for (const Part& key : loose_keys) add_part(hash, PartKind::loose_key, key.number, key.body);
  return hash.finish();
}

Result<Bytes> seal_manifest(const Keyring& keys, const Manifest& manifest) {
  BytePrinter plain(fixed_size + manifest.recent.printed().size());
  plain.number(manifest_version);
  plain.number(manifest.revision);
  plain.number(manifest.next_part);
  plain.number(manifest.epoch);
  plain.number(manifest.covered);
  print_link(plain, manifest.root);
  plain.put(manifest.open_parts);
  plain.put(manifest.enrolment);
  plain.put(manifest.recent.printed());
  return keys.manifest().seal(std::move(plain).finish(), data_of_manifest(keys).bytes());
}

Result<Manifest> open_manifest(const Keyring& keys, ByteView sealed) {
  const auto plain = keys.manifest().open(sealed, data_of_manifest(keys).bytes());
  if (!plain) return fail(Code::vault_corrupted, "manifest");
  ByteReader reader(*plain);
  Manifest manifest;
  TRY(const auto version, reader.take_integer<std::uint8_t>());
  if (version == 0) return fail(Code::vault_corrupted, "manifest");
  if (version > manifest_version) return fail(Code::future_version, "manifest");
  TRY(manifest.revision, reader.take_integer<std::uint64_t>());
  TRY(manifest.next_part, reader.take_integer<std::uint64_t>());
  TRY(manifest.epoch, reader.take_integer<std::uint64_t>());
  if (version >= 3) {
    TRY(manifest.covered, reader.take_integer<std::uint64_t>());
  }
  if (manifest.covered > manifest.revision) return fail(Code::vault_corrupted, "manifest");
  TRY(manifest.root, take_link(reader));
  TRY(manifest.open_parts, reader.take_array<32>());
  TRY(manifest.enrolment, reader.take_array<32>());
  if (version == 1) {
    TRY_DO(reader.expect_end());
  } else {
    TRY(manifest.recent, RecentEntries::take(reader));
  }
  return manifest;
}

}  // namespace latchkey::vault
