#include "session/token_store.h"

namespace latchkey::session {

Result<std::optional<SessionRecord>> MemoryTokenStore::load() {
  const std::lock_guard lock(mutex_);
  std::optional<SessionRecord> copy;
  if (record_) copy.emplace(record_->clone());
  return copy;
}

Status MemoryTokenStore::save(const SessionRecord& record) {
  const std::lock_guard lock(mutex_);
  record_.emplace(record.clone());
  return {};
}

Status MemoryTokenStore::erase() {
  const std::lock_guard lock(mutex_);
  record_.reset();
  return {};
}

}  // namespace latchkey::session
