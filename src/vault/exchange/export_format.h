// The document inside an export: JSON that any tool reads once age has opened the file. Format:
// docs/formats/export-v1.md.
#pragma once

#include <functional>

#include "base/wiping.h"
#include "vault/exchange/exchanged_record.h"

namespace latchkey::vault {

inline constexpr std::string_view export_format_name = "latchkey-vault-export";

// Where the document comes from.
struct ExportOrigin {
  VaultId vault{};
  Instant exported_at{};
};

// Prints a document in pieces of about 64 KiB, which are wiped. begin(), add() for each record, finish(). Fails: as
// the sink.
class ExportPrinter final {
 public:
  explicit ExportPrinter(std::function<Status(ByteView)> sink) : sink_(std::move(sink)) {}
  Status begin(const ExportOrigin& origin);
  Status add(const ExchangedRecord& record);
  Status finish();

 private:
  Status flush();
  std::function<Status(ByteView)> sink_;
  WipedString held_;
  std::uint64_t count_ = 0;
};

struct ExportDocument {
  ExportOrigin origin;
  ExchangedRecords records;
};
// Strict: what it does not know it refuses, since it could be a protection. Fails: invalid_format, future_version,
// input_too_large.
Result<ExportDocument> parse_export(std::string_view text);

}  // namespace latchkey::vault
