#include "bindings/c/handles.h"
#include "protocol/limits/vault.h"
#include "vault/record.h"

namespace latchkey::c {
namespace {

using vault::RecordInfo;
using vault::RecordValue;

static_assert(LK_MAX_NAME_SIZE == protocol::limits::record_name_bytes &&
              LK_MAX_VALUE_SIZE == protocol::limits::record_value_bytes);

Result<RecordValue> to_value(const void* value, std::size_t size) {
  TRY_DO(refuse_null(value == nullptr && size != 0, "value"));
  if (size > protocol::limits::record_value_bytes) return fail(Code::input_too_large, "value");
  return RecordValue::copy_of(ByteView(static_cast<const std::uint8_t*>(value), size));
}

std::optional<std::uint64_t> to_expected(std::uint64_t sequence) {
  return sequence == LK_ANY_SEQUENCE ? std::nullopt : std::optional(sequence);
}

lk_record_info from_info(const RecordInfo& info) {
  lk_record_info made{};
  made.name = info.name.c_str();
  made.name_size = info.name.size();
  made.kind = static_cast<std::int32_t>(info.kind);
  made.sequence = info.sequence;
  made.written_at = to_unix_millis(info.written_at);
  made.expires_at = info.expires_at ? to_unix_millis(*info.expires_at) : 0;
  made.is_ask_every_time = info.is_ask_every_time ? 1 : 0;
  return made;
}

std::string_view text_or_empty(const char* text) { return text == nullptr ? std::string_view() : text; }

}  // namespace

Result<vault::RecordOptions> to_record_options(const lk_record_options* options) {
  TRY(const lk_record_options given, read_struct(options));
  if (given.kind < 0 || given.kind > LK_RECORD_DATE) return fail(Code::invalid_argument, "record kind");
  const auto kind = given.kind == 0 ? vault::RecordKind::bytes : static_cast<vault::RecordKind>(given.kind);
  return vault::RecordOptions{kind, to_expiry(given.expires_at), given.is_ask_every_time != 0};
}

}  // namespace latchkey::c

using namespace latchkey;

int32_t lk_vault_set(lk_vault* vault, const char* name, const void* value, size_t size,
                     const lk_record_options* options) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(name == nullptr, "name"));
    TRY(const auto how, c::to_record_options(options));
    TRY(auto secret, c::to_value(value, size));
    return opened.set(name, std::move(secret), how);
  });
}

int32_t lk_vault_get(lk_vault* vault, const char* name, void* buffer, size_t capacity, size_t* size) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(name == nullptr || size == nullptr, "name"));
    TRY(const auto value, opened.get(name));
    return c::copy_bytes(value.reveal(), buffer, capacity, size);
  });
}

int32_t lk_vault_find(lk_vault* vault, const char* name, void* buffer, size_t capacity, size_t* size,
                      int32_t* is_found) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(name == nullptr || size == nullptr || is_found == nullptr, "name"));
    TRY(const auto value, opened.find(name));
    *is_found = value ? 1 : 0;
    *size = 0;
    if (!value) return {};
    return c::copy_bytes(value->reveal(), buffer, capacity, size);
  });
}

int32_t lk_vault_use_value(lk_vault* vault, const char* name,
                           int32_t (*consume)(void* user_data, const uint8_t* value, size_t size), void* user_data) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(name == nullptr || consume == nullptr, "name"));
    return opened.use_value(name, [&](const vault::RecordValue& value) {
      return c::status_of(consume(user_data, value.reveal().data(), value.size()));
    });
  });
}

int32_t lk_vault_open_read_window(lk_vault* vault, lk_read_window** window) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(window == nullptr, "window"));
    TRY(auto opening, opened.open_read_window());
    *window = new lk_read_window{std::move(opening)};
    return {};
  });
}

int32_t lk_vault_get_in_window(lk_vault* vault, const lk_read_window* window, const char* name, void* buffer,
                               size_t capacity, size_t* size) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(window == nullptr || name == nullptr || size == nullptr, "window"));
    TRY(const auto value, opened.get(name, window->window));
    return c::copy_bytes(value.reveal(), buffer, capacity, size);
  });
}

void lk_read_window_free(lk_read_window* window) { delete window; }

int32_t lk_vault_get_info(lk_vault* vault, const char* name, lk_record_info* info) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(name == nullptr, "name"));
    TRY(const auto found, opened.get_info(name));
    lk_record_info filled = c::from_info(found);
    filled.name = nullptr;  // it would dangle
    return c::write_struct(info, filled);
  });
}

int32_t lk_vault_remove(lk_vault* vault, const char* name) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(name == nullptr, "name"));
    return opened.remove(name);
  });
}

int32_t lk_vault_list(lk_vault* vault, const char* prefix, lk_records** records) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(records == nullptr, "records"));
    TRY(auto found, opened.list(c::text_or_empty(prefix)));
    *records = new lk_records{std::move(found)};
    return {};
  });
}

int32_t lk_vault_page(lk_vault* vault, const char* prefix, const char* after, size_t limit, lk_records** records) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(records == nullptr, "records"));
    TRY(auto found, opened.page({c::text_or_empty(prefix), c::text_or_empty(after), limit}));
    *records = new lk_records{std::move(found)};
    return {};
  });
}

size_t lk_records_count(const lk_records* records) { return records == nullptr ? 0 : records->records.size(); }

int32_t lk_records_info(const lk_records* records, size_t index, lk_record_info* info) {
  return c::answer([&]() -> Status {
    TRY_DO(c::refuse_null(records == nullptr, "records"));
    if (index >= records->records.size()) return fail(Code::not_found, "record");
    return c::write_struct(info, c::from_info(records->records[index]));
  });
}

void lk_records_free(lk_records* records) { delete records; }

lk_batch* lk_batch_new(void) { return new (std::nothrow) lk_batch; }

int32_t lk_batch_set(lk_batch* batch, const char* name, const void* value, size_t size,
                     const lk_record_options* options, uint64_t expected_sequence) {
  return c::answer([&]() -> Status {
    TRY_DO(c::refuse_null(batch == nullptr || name == nullptr, "batch"));
    TRY(const auto how, c::to_record_options(options));
    TRY(auto secret, c::to_value(value, size));
    batch->changes.push_back(
        {name, std::move(secret), how.kind, c::to_expected(expected_sequence), how.expires_at, how.is_ask_every_time});
    return {};
  });
}

int32_t lk_batch_remove(lk_batch* batch, const char* name, uint64_t expected_sequence) {
  return c::answer([&]() -> Status {
    TRY_DO(c::refuse_null(batch == nullptr || name == nullptr, "batch"));
    batch->changes.push_back(
        {.name = name, .value = std::nullopt, .expected_sequence = c::to_expected(expected_sequence)});
    return {};
  });
}

void lk_batch_free(lk_batch* batch) { delete batch; }

int32_t lk_vault_apply(lk_vault* vault, const lk_batch* batch) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(batch == nullptr, "batch"));
    return opened.apply(batch->changes);
  });
}

int32_t lk_vault_get_revision(lk_vault* vault, uint64_t* revision) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(revision == nullptr, "revision"));
    TRY(*revision, opened.get_revision());
    return {};
  });
}

int32_t lk_vault_get_revision_by_others(lk_vault* vault, uint64_t* revision) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(revision == nullptr, "revision"));
    TRY(*revision, opened.get_revision_by_others());
    return {};
  });
}

int32_t lk_vault_verify(lk_vault* vault) {
  return c::with_vault(vault, [](vault::Vault& opened) { return opened.verify(); });
}

int32_t lk_vault_purge(lk_vault* vault) {
  return c::with_vault(vault, [](vault::Vault& opened) { return opened.purge(); });
}

int32_t lk_vault_rotate(lk_vault* vault, void (*progress)(void* user_data, uint64_t records), void* user_data,
                        const lk_cancel* cancel) {
  return c::with_vault(vault, [&](vault::Vault& opened) {
    std::function<void(std::uint64_t)> tell;
    if (progress != nullptr) tell = [&](std::uint64_t records) { progress(user_data, records); };
    return opened.rotate(tell, cancel == nullptr ? std::stop_token() : cancel->source.get_token());
  });
}
