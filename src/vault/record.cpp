#include "vault/record.h"

#include "crypto/constant_time.h"
#include "vault/byte_reader.h"

namespace latchkey::vault {
namespace {

constexpr std::uint8_t record_version = 1;

// label | vault(16) | generation(4) | index(32) | sequence(8)
Bytes associated_data(std::string_view label, const Keyring& keys, const NameIndex& index, std::uint64_t sequence) {
  Bytes out;
  append(out, as_bytes(label));
  append(out, keys.context());
  append(out, index);
  append_be(out, sequence);
  return out;
}
constexpr std::string_view head_label = "latchkey/v1/vault/record-head";
constexpr std::string_view value_label = "latchkey/v1/vault/record-value";

Error damaged(const Error& error) {
  return error.code == Code::authentication_failed ? Error{Code::vault_corrupted, "a record"} : error;
}

// Length of the UTF-8 sequence that `text` starts with, or 0. RFC 3629 section 4.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  const unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < size; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  return size;
}

}  // namespace

WipedBytes print_record_head(const RecordHead& head) {
  Bytes fixed;
  fixed.push_back(record_version);
  fixed.push_back(static_cast<std::uint8_t>(head.kind));
  fixed.push_back(0);
  append_be(fixed, static_cast<std::uint64_t>(to_unix_millis(head.written_at)));
  append_be(fixed, std::uint64_t{0});
  WipedBytes out(fixed.begin(), fixed.end());
  out.insert(out.end(), head.name.begin(), head.name.end());
  return out;
}

Result<RecordHead> parse_record_head(ByteView bytes) {
  ByteReader reader(bytes);
  TRY(const auto version, reader.take_integer<std::uint8_t>());
  if (version == 0) return fail(Code::vault_corrupted, "record: version");
  if (version > record_version) return fail(Code::future_version, "record");
  TRY(const auto kind, reader.take_integer<std::uint8_t>());
  TRY(const auto flags, reader.take_integer<std::uint8_t>());
  TRY(const auto written_at, reader.take_integer<std::uint64_t>());
  TRY(const auto expires_at, reader.take_integer<std::uint64_t>());
  if (flags != 0 || expires_at != 0 || kind < 1 || kind > 4) return fail(Code::future_version, "record");
  RecordHead head;
  head.kind = static_cast<RecordKind>(kind);
  head.written_at = from_unix_millis(static_cast<std::int64_t>(written_at));
  const std::string_view name = as_text(reader.take_rest());
  head.name.assign(name.begin(), name.end());
  return head;
}

Status check_name(std::string_view name) {
  if (name.empty() || name.size() > max_name_size) return fail(Code::invalid_argument, "a name has 1 to 255 bytes");
  while (!name.empty()) {
    const std::size_t size = utf8_length(name);
    if (size == 0) return fail(Code::invalid_argument, "a name is UTF-8");
    name.remove_prefix(size);
  }
  return {};
}

Result<SealedRecord> seal_record(const Keyring& keys, const RecordHead& head, ByteView value, std::uint64_t sequence) {
  TRY_DO(check_name(head.name));
  if (value.size() > max_value_size) return fail(Code::input_too_large, "a value has at most 1 MiB");
  SealedRecord record;
  record.index = keys.index_of(head.name);
  record.generation = keys.generation();
  record.sequence = sequence;
  TRY(record.head,
      keys.records().seal(print_record_head(head), associated_data(head_label, keys, record.index, record.sequence)));
  TRY(record.value, keys.records().seal(value, associated_data(value_label, keys, record.index, record.sequence)));
  return record;
}

Result<RecordHead> open_record_head(const Keyring& keys, const SealedRecord& record) {
  auto plain = keys.records().open(record.head, associated_data(head_label, keys, record.index, record.sequence));
  if (!plain) return tl::unexpected(damaged(plain.error()));
  TRY(RecordHead head, parse_record_head(*plain));
  if (!crypto::equal(keys.index_of(head.name), record.index)) return fail(Code::vault_corrupted, "a record's name");
  return head;
}

Result<RecordValue> open_record_value(const Keyring& keys, const SealedRecord& record) {
  auto value = keys.records().open_secret<RecordValueTag>(
      record.value, associated_data(value_label, keys, record.index, record.sequence));
  if (!value) return tl::unexpected(damaged(value.error()));
  return *std::move(value);
}

}  // namespace latchkey::vault
