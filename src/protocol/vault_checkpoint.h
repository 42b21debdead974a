// How far a vault has come, as its server keeps it: a number that only grows, so that an older copy of the whole file
// can be told (docs/formats/vault-checkpoint-v1.md). Both sides' messages:
//   {"counter":8}                                          the body of a PUT, and the good answer to it and to a GET
//   {"type":"about:blank",...,"code":"conflict","counter":9}  a number that was not above the stored one
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "protocol/limits.h"

namespace latchkey::protocol {

using CheckpointVaultId = ByteArray<16>;

// "/v1/vaults/00ff.../checkpoint": 32 digits of lower case, one spelling for one vault.
std::string checkpoint_path(const CheckpointVaultId& vault);
// Nothing: not such a path.
std::optional<CheckpointVaultId> parse_checkpoint_path(std::string_view path);

std::string print_checkpoint(std::int64_t counter);
// Fails: invalid_format (anything but one whole number from 1 to limits::checkpoint_counter), input_too_large.
Result<std::int64_t> parse_checkpoint(std::string_view json);

// RFC 9457. `counter`: what is stored, where that is the reason.
std::string print_checkpoint_problem(int status, std::string_view title, const Error& error,
                                     std::optional<std::int64_t> counter = std::nullopt);
// The stored counter of a problem; nothing when it tells none. Fails: invalid_format, input_too_large.
Result<std::optional<std::int64_t>> parse_checkpoint_problem(std::string_view json);

}  // namespace latchkey::protocol
