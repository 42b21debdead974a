#include "vault/checkpoint.h"

#include "protocol/limits.h"
#include "vault/byte_reader.h"

namespace latchkey::vault {
namespace {

constexpr std::uint8_t checkpoint_version = 2;  // 1: a counter in a TPM

}  // namespace

std::string_view name_of(CheckpointRule rule) {
  return rule == CheckpointRule::required ? "required" : "when-reachable";
}

Result<CheckpointRule> parse_checkpoint_rule(std::string_view name) {
  for (const auto rule : {CheckpointRule::required, CheckpointRule::when_reachable})
    if (name_of(rule) == name) return rule;
  return fail(Code::invalid_argument, "a checkpoint is required or when-reachable");
}

bool is_checkpoint(ByteView parameters) { return !parameters.empty() && parameters.front() == checkpoint_version; }

Result<Bytes> print_checkpoint_place(const CheckpointPlace& place) {
  if (place.server.empty() || place.server.size() > protocol::limits::checkpoint_server_bytes)
    return fail(Code::invalid_argument, "the server's address is too long");
  Bytes out{checkpoint_version, static_cast<std::uint8_t>(place.rule)};
  append(out, as_bytes(place.server));
  return out;
}

Result<CheckpointPlace> parse_checkpoint_place(ByteView parameters) {
  ByteReader reader(parameters);
  TRY(const auto version, reader.take_integer<std::uint8_t>());
  if (version != checkpoint_version) return fail(Code::vault_corrupted, "checkpoint: version");
  TRY(const auto rule, reader.take_integer<std::uint8_t>());
  if (rule != static_cast<std::uint8_t>(CheckpointRule::required) &&
      rule != static_cast<std::uint8_t>(CheckpointRule::when_reachable))
    return fail(Code::future_version, "checkpoint: rule");
  const ByteView server = parameters.subspan(2);
  if (server.empty() || server.size() > protocol::limits::checkpoint_server_bytes)
    return fail(Code::vault_corrupted, "checkpoint: server");
  return CheckpointPlace{static_cast<CheckpointRule>(rule), std::string(as_text(server))};
}

}  // namespace latchkey::vault
