// A record on its way into a vault or out of it, whatever the form of the other side.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vault/vault.h"

namespace latchkey::vault {

struct ExchangedRecord {
  std::string name;
  RecordKind kind = RecordKind::text;
  RecordValue value;
  std::optional<Instant> expires_at = std::nullopt;
  bool is_ask_every_time = false;
};
using ExchangedRecords = std::vector<ExchangedRecord>;

// Names and values as a vault takes them, and no name twice. Fails: invalid_format (which of them, by number from 1),
// input_too_large.
Status check_records(std::span<const ExchangedRecord> records);

}  // namespace latchkey::vault
