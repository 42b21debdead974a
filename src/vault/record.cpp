#include "vault/record.h"

#include "protocol/limits/vault.h"
#include "vault/associated_data.h"

namespace latchkey::vault {
namespace {

AssociatedData data_of_value(const Keyring& keys, const ValuePlace& place) {
  AssociatedData data("latchkey/v1/vault/value", keys);
  data.number(place.part).number(place.sequence).put(as_bytes(place.name));
  return data;
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

Status check_name(std::string_view name) {
  if (name.empty() || name.size() > protocol::limits::record_name_bytes)
    return fail(Code::invalid_argument, "a name has 1 to 255 bytes");
  while (!name.empty()) {
    const std::size_t size = utf8_length(name);
    if (size == 0) return fail(Code::invalid_argument, "a name is UTF-8");
    name.remove_prefix(size);
  }
  return {};
}

Result<Bytes> seal_value(const Keyring& keys, ByteView value, const ValuePlace& place) {
  if (value.size() > protocol::limits::record_value_bytes)
    return fail(Code::input_too_large, "a value has at most 1 MiB");
  return keys.values().seal(value, data_of_value(keys, place).bytes());
}

Result<RecordValue> open_value(const Keyring& keys, ByteView sealed, const ValuePlace& place) {
  auto value = keys.values().open_secret<RecordValueTag>(sealed, data_of_value(keys, place).bytes());
  if (!value && value.error().code == Code::authentication_failed) return fail(Code::vault_corrupted, "a record");
  return value;
}

}  // namespace latchkey::vault
