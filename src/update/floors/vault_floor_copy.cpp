#include "update/floors/vault_floor_copy.h"

namespace latchkey::update {

std::string floor_record_of(std::string_view app) { return "latchkey/update-floor/" + std::string(app); }

template <class Deed>
auto VaultFloorCopy::unlocked(Deed deed) -> decltype(deed()) {
  auto done = deed();
  if (!done && done.error().code == Code::vault_locked && vault_->unlock_shared()) done = deed();
  if (!done && !has_missed_ && missed_) missed_(done.error());
  has_missed_ = !done;
  return done;
}

Result<std::optional<Bytes>> VaultFloorCopy::load() {
  return unlocked([&]() -> Result<std::optional<Bytes>> {
    TRY(const auto value, vault_->find(record_));
    if (!value) return std::nullopt;
    const ByteView bytes = value->reveal();
    return Bytes(bytes.begin(), bytes.end());
  });
}

Status VaultFloorCopy::save(ByteView floor) {
  return unlocked([&] { return vault_->set(record_, vault::RecordValue::copy_of(floor)); });
}

}  // namespace latchkey::update
