#include "bindings/c/handles.h"
#include "protocol/limits/vault.h"
#include "vault/record.h"
#include "vault/typed_value.h"

using namespace latchkey;

namespace latchkey::c {
namespace {

using vault::RecordKind;
using vault::RecordValue;

Status set_value(vault::Vault& opened, const char* name, const RecordValue& value, RecordKind kind,
                 const lk_record_options* options) {
  TRY(auto how, to_record_options(options));
  if (how.kind != RecordKind::bytes) return fail(Code::invalid_argument, "record kind");
  how.kind = kind;
  return vault::set_typed(opened, name, value, how);
}

std::int32_t set_text_of(lk_vault* handle, const char* name, const char* text, RecordKind kind,
                         const lk_record_options* options) noexcept {
  return with_vault(handle, [&](vault::Vault& opened) -> Status {
    TRY_DO(refuse_null(name == nullptr || text == nullptr, "name, value"));
    const std::string_view value(text);
    if (value.size() > protocol::limits::record_value_bytes) return fail(Code::input_too_large, "value");
    return set_value(opened, name, RecordValue::copy_of(value), kind, options);
  });
}

std::int32_t get_text_of(lk_vault* handle, const char* name, RecordKind kind, char* buffer, std::size_t capacity,
                         std::size_t* size) noexcept {
  return with_vault(handle, [&](vault::Vault& opened) -> Status {
    TRY_DO(refuse_null(name == nullptr || size == nullptr, "name"));
    TRY(const RecordValue value, vault::get_typed(opened, name, kind));
    return copy_text(value.reveal_text(), buffer, capacity, size);
  });
}

}  // namespace
}  // namespace latchkey::c

int32_t lk_vault_set_text(lk_vault* vault, const char* name, const char* text, const lk_record_options* options) {
  return c::set_text_of(vault, name, text, vault::RecordKind::text, options);
}
int32_t lk_vault_get_text(lk_vault* vault, const char* name, char* buffer, size_t capacity, size_t* size) {
  return c::get_text_of(vault, name, vault::RecordKind::text, buffer, capacity, size);
}

int32_t lk_vault_set_json(lk_vault* vault, const char* name, const char* json, const lk_record_options* options) {
  return c::set_text_of(vault, name, json, vault::RecordKind::json, options);
}
int32_t lk_vault_get_json(lk_vault* vault, const char* name, char* buffer, size_t capacity, size_t* size) {
  return c::get_text_of(vault, name, vault::RecordKind::json, buffer, capacity, size);
}

int32_t lk_vault_set_date(lk_vault* vault, const char* name, int64_t date, const lk_record_options* options) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(name == nullptr, "name"));
    TRY(const auto value, vault::make_date_value(from_unix_millis(date)));
    return c::set_value(opened, name, value, vault::RecordKind::date, options);
  });
}
int32_t lk_vault_get_date(lk_vault* vault, const char* name, int64_t* date) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(name == nullptr || date == nullptr, "name"));
    TRY(const auto value, vault::get_typed(opened, name, vault::RecordKind::date));
    TRY(const Instant at, vault::parse_date_value(value.reveal()));
    *date = to_unix_millis(at);
    return {};
  });
}
