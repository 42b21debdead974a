#include "vault/loose_key.h"

#include <limits>

#include "protocol/limits/vault.h"
#include "vault/byte_reader.h"

namespace latchkey::vault {
namespace {

constexpr std::uint8_t loose_key_version = 1;

}  // namespace

Bytes print_loose_key(const LooseKey& key) {
  Bytes out{loose_key_version, static_cast<std::uint8_t>(key.kind), static_cast<std::uint8_t>(key.state)};
  append_be(out, static_cast<std::uint64_t>(to_unix_millis(key.since)));
  append(out, key.parameters);
  return out;
}

Result<LooseKey> parse_loose_key(std::uint64_t number, ByteView body) {
  ByteReader reader(body);
  LooseKey key{.number = number};
  TRY(const auto version, reader.take_integer<std::uint8_t>());
  if (version == 0) return fail(Code::vault_corrupted, "loose key: version");
  if (version > loose_key_version) return fail(Code::future_version, "loose key");
  TRY(const auto kind, reader.take_integer<std::uint8_t>());
  key.kind = static_cast<SlotKind>(kind);
  TRY(const auto state, reader.take_integer<std::uint8_t>());
  if (state != 1 && state != 2) return fail(Code::vault_corrupted, "loose key: state");
  key.state = static_cast<LooseKey::State>(state);
  TRY(const auto since, reader.take_integer<std::uint64_t>());
  if (since > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return fail(Code::vault_corrupted, "loose key: time");
  key.since = from_unix_millis(static_cast<std::int64_t>(since));
  const ByteView parameters = reader.take_rest();
  if (parameters.size() > protocol::limits::slot_parameters_bytes)
    return fail(Code::vault_corrupted, "loose key: parameters");
  key.parameters.assign(parameters.begin(), parameters.end());
  return key;
}

}  // namespace latchkey::vault
