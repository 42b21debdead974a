#include "vault/exchange/record_access.h"

#include "crypto/constant_time.h"

namespace latchkey::vault {
namespace {

constexpr std::size_t page_size = 512;  // names and attributes only; values come one by one

// Vaults that keep an end and a protection of each record have members for them.
template <class Info>
void copy_attributes(const Info& info, ExchangedRecord& record) {
  if constexpr (requires { info.expires_at; }) record.expires_at = info.expires_at;
  if constexpr (requires { info.is_ask_every_time; }) record.is_ask_every_time = info.is_ask_every_time;
}

template <class AnyChange>
Status put_attributes(const ExchangedRecord& record, AnyChange& change) {
  if constexpr (requires {
                  change.expires_at;
                  change.is_ask_every_time;
                }) {
    change.expires_at = record.expires_at;
    change.is_ask_every_time = record.is_ask_every_time;
    return {};
  } else {
    return record.expires_at || record.is_ask_every_time ? fail(Code::unsupported, "an attribute of a record")
                                                         : Status();
  }
}

template <class AnyVault>
Result<std::vector<RecordInfo>> next_page(AnyVault& vault, const std::string& after) {
  if constexpr (requires { vault.page({.after = after, .limit = page_size}); })
    return vault.page({.after = after, .limit = page_size});
  else
    return after.empty() ? vault.list() : std::vector<RecordInfo>();
}

Result<ExchangedRecord> get_stored(Vault& vault, const RecordInfo& info) {
  ExchangedRecord record;
  record.name = info.name;
  record.kind = info.kind;
  copy_attributes(info, record);
  TRY(record.value, vault.get(info.name));
  return record;
}

}  // namespace

Result<std::optional<StoredRecord>> find_stored(Vault& vault, std::string_view name) {
  const auto info = vault.get_info(name);
  if (!info && info.error().code == Code::not_found) return std::optional<StoredRecord>();
  if (!info) return tl::unexpected(info.error());
  TRY(ExchangedRecord record, get_stored(vault, *info));
  return std::optional<StoredRecord>({std::move(record), info->sequence});
}

Result<Change> make_change(const ExchangedRecord& record, std::uint64_t expected_sequence) {
  Change change{record.name, record.value.clone(), record.kind, expected_sequence};
  TRY_DO(put_attributes(record, change));
  return change;
}

bool is_same(const ExchangedRecord& a, const ExchangedRecord& b) {
  const bool same_value = crypto::equal(a.value, b.value);
  return same_value && a.name == b.name && a.kind == b.kind && a.expires_at == b.expires_at &&
         a.is_ask_every_time == b.is_ask_every_time;
}

Status for_each_stored(Vault& vault, const std::function<Status(const ExchangedRecord&)>& use) {
  TRY(const std::uint64_t before, vault.get_revision());
  for (std::string after;;) {
    TRY(const std::vector<RecordInfo> infos, next_page(vault, after));
    if (infos.empty()) break;
    for (const RecordInfo& info : infos) {
      TRY(const ExchangedRecord record, get_stored(vault, info));
      TRY_DO(use(record));
    }
    after = infos.back().name;
  }
  TRY(const std::uint64_t now, vault.get_revision());
  return now == before ? Status() : fail(Code::conflict, "the vault was changed meanwhile");
}

}  // namespace latchkey::vault
