#include "session/vault_token_store.h"

#include "base/wiping.h"

namespace latchkey::session {

VaultTokenStore::VaultTokenStore(vault::Vault& vault, std::string name) : vault_(vault), name_(std::move(name)) {}

Result<std::optional<SessionRecord>> VaultTokenStore::load() {
  std::optional<SessionRecord> record;
  const Status read = vault_.use_value(name_, [&](const vault::RecordValue& value) -> Status {
    TRY(record, parse_session_record(value.reveal_text()));
    return {};
  });
  if (!read && read.error().code != Code::not_found) return tl::unexpected(read.error());
  return record;
}

Status VaultTokenStore::save(const SessionRecord& record) {
  const WipedString text = print_session_record(record);
  return vault_.set(name_, vault::RecordValue::copy_of(std::string_view(text)), vault::RecordKind::json);
}

Status VaultTokenStore::erase() {
  Status removed = vault_.remove(name_);
  if (!removed && removed.error().code == Code::not_found) return {};
  return removed;
}

std::shared_ptr<const void> VaultTokenStore::observe_lock(std::function<void()> on_lock) {
  return vault_.observe({[on_lock = std::move(on_lock)](const vault::LockedEvent&) { on_lock(); }, {}});
}

}  // namespace latchkey::session
