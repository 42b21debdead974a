#include "update/floors/vault_recipient.h"

namespace latchkey::update {

std::string recipient_record_of(std::string_view app) { return "latchkey/update-recipient/" + std::string(app); }

Result<std::optional<crypto::X25519Key>> find_vault_recipient(vault::Vault& vault, std::string_view app) {
  TRY(const auto value, vault.find(recipient_record_of(app)));
  if (!value) return std::nullopt;
  auto key = crypto::X25519Key::from_private(value->reveal());
  if (!key) return fail(Code::storage_corrupted, "the device's recipient key");
  return std::optional(*std::move(key));
}

Result<crypto::X25519Key> open_vault_recipient(vault::Vault& vault, std::string_view app) {
  TRY(auto found, find_vault_recipient(vault, app));
  if (found) return *std::move(found);
  auto key = crypto::X25519Key::generate();
  TRY_DO(vault.set(recipient_record_of(app), vault::RecordValue::copy_of(key.reveal_private())));
  return key;
}

}  // namespace latchkey::update
