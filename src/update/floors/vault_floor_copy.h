// The copy of the floor in the app's vault, in the record "latchkey/update-floor/<app id>" (kind bytes, format
// docs/formats/device-v1.md). Who puts back or deletes the engine's folder does not reach it; who puts back the vault's
// file as well is met by the vault's own anchor or checkpoint.
#pragma once

#include <functional>
#include <string>

#include "update/floor_copy.h"
#include "vault/vault.h"

namespace latchkey::update {

std::string floor_record_of(std::string_view app);

class VaultFloorCopy final : public FloorCopy {
 public:
  using Missed = std::function<void(const Error&)>;

  // `vault` outlives it and was unlocked. A vault that has locked meanwhile is opened through a shared slot of this
  // login session if there is one, and nobody is asked; else it is tried again at the next check. `missed` hears of the
  // first failure in a row.
  VaultFloorCopy(vault::Vault& vault, std::string_view app, Missed missed = {})
      : vault_(&vault), record_(floor_record_of(app)), missed_(std::move(missed)) {}

  Result<std::optional<Bytes>> load() override;
  Status save(ByteView floor) override;

 private:
  template <class Deed>
  auto unlocked(Deed deed) -> decltype(deed());

  vault::Vault* vault_;
  std::string record_;
  Missed missed_;
  bool has_missed_ = false;
};

}  // namespace latchkey::update
