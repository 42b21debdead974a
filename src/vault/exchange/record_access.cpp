#include "vault/exchange/record_access.h"

#include "crypto/constant_time.h"

namespace latchkey::vault {
namespace {

constexpr std::size_t page_size = 512;  // names and attributes only; values come one by one

}  // namespace

Result<RecordValue> RecordAccess::get_value(const RecordInfo& info) const {
  if (!info.is_ask_every_time) return vault_.get(info.name);
  if (!window_) {
    TRY(window_, vault_.open_read_window());
  }
  return vault_.get(info.name, *window_);
}

Result<ExchangedRecord> RecordAccess::get_record(const RecordInfo& info) const {
  TRY(RecordValue value, get_value(info));
  return ExchangedRecord{info.name, info.kind, std::move(value), info.expires_at, info.is_ask_every_time};
}

Result<std::optional<StoredRecord>> RecordAccess::find(std::string_view name) const {
  const auto info = vault_.get_info(name);
  if (!info && info.error().code == Code::not_found) return std::optional<StoredRecord>();
  if (!info) return tl::unexpected(info.error());
  TRY(ExchangedRecord record, get_record(*info));
  return std::optional<StoredRecord>({std::move(record), info->sequence});
}

Status RecordAccess::for_each(const std::function<Status(const ExchangedRecord&)>& use) const {
  TRY(const std::uint64_t before, vault_.get_revision());
  for (std::string after;;) {
    TRY(const std::vector<RecordInfo> infos, vault_.page({.after = after, .limit = page_size}));
    if (infos.empty()) break;
    for (const RecordInfo& info : infos) {
      TRY(const ExchangedRecord record, get_record(info));
      TRY_DO(use(record));
    }
    after = infos.back().name;
  }
  TRY(const std::uint64_t now, vault_.get_revision());
  return now == before ? Status() : fail(Code::conflict, "the vault was changed meanwhile");
}

Change make_change(const ExchangedRecord& record, std::uint64_t expected_sequence) {
  return {.name = record.name,
          .value = record.value.clone(),
          .kind = record.kind,
          .expected_sequence = expected_sequence,
          .expires_at = record.expires_at,
          .is_ask_every_time = record.is_ask_every_time};
}

bool is_same(const ExchangedRecord& a, const ExchangedRecord& b) {
  const bool same_value = crypto::equal(a.value, b.value);
  return same_value && a.name == b.name && a.kind == b.kind && a.expires_at == b.expires_at &&
         a.is_ask_every_time == b.is_ask_every_time;
}

}  // namespace latchkey::vault
