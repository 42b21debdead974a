// The user's presence: what the machine can tell, what the desktop tells, and what the user signs.
#include "bindings/c/handles.h"
#include "protocol/jose/jwk.h"
#include "protocol/json_writer.h"
#include "vault/capabilities_json.h"
#include "vault/presence_authenticator.h"
#include "vault/signing_keys/tpm2_place.h"
#include "vault/signing_keys/vault_signing_keys.h"
#include "vault/vault_file.h"

using namespace latchkey;

namespace latchkey::c {
namespace {

using vault::PresenceStrength;
using vault::SigningKeyStore;

Result<vault::AuthenticatorOptions> to_authenticator_options(const lk_signing_options& given) {
  if (given.minimum_strength < 0 || given.minimum_strength > LK_PRESENCE_MAXIMUM)
    return fail(Code::invalid_argument, "minimum_strength");
  vault::AuthenticatorOptions options{.origin = given.origin == nullptr ? "" : given.origin,
                                      .minimum_strength = PresenceStrength::weak};
  if (given.minimum_strength != 0) options.minimum_strength = static_cast<PresenceStrength>(given.minimum_strength);
  if (given.key != nullptr) options.key_name = given.key;
  return options;
}

Result<std::unique_ptr<vault::UserPresence>> to_presence(const lk_signing_options& given, const Clock& clock) {
  std::optional<vault::PresenceMethod> method;
  if (given.method == LK_METHOD_FINGERPRINT || given.method == LK_METHOD_DEVICE_CREDENTIAL)
    method = static_cast<vault::PresenceMethod>(given.method);
  else if (given.method != LK_METHOD_USABLE)
    return fail(Code::invalid_argument, "method");
  return vault::choose_presence(vault::make_presences(clock), method);
}

// Other fingers than a key was made with end it as they end the vault's own trust in them.
Result<std::unique_ptr<SigningKeyStore>> to_keys(const lk_signing_options& given, vault::Vault& opened,
                                                 const Clock& clock) {
  TRY(const auto status, opened.status());
  auto options = vault::signing_key_options(status.protection);
  if (given.is_in_tpm == 0) return vault::make_vault_signing_keys(opened, std::move(options));
  vault::Tpm2PlaceOptions place;
  if (given.tpm2_tcti != nullptr) place.tcti = given.tpm2_tcti;
  return vault::make_vault_signing_keys(opened, vault::make_tpm2_place(clock, place), std::move(options));
}

// One use of a key: everything it takes, made from what the caller said.
template <class Use>
std::int32_t with_authenticator(lk_vault* handle, const lk_signing_options* options, const lk_prompt* prompt,
                                Use&& use) noexcept {
  return with_vault(handle, [&](vault::Vault& opened) -> Status {
    TRY(const lk_signing_options given, read_struct(options));
    TRY(const auto asking, to_prompt(prompt));
    TRY(auto making, to_authenticator_options(given));
    TRY(const auto presence, to_presence(given, handle->clock));
    TRY(const auto keys, to_keys(given, opened, handle->clock));
    vault::PresenceAuthenticator authenticator(*presence, *keys, handle->clock, std::move(making));
    return use(authenticator, asking);
  });
}

template <class Use>
std::int32_t with_keys(lk_vault* handle, const lk_signing_options* options, Use&& use) noexcept {
  return with_vault(handle, [&](vault::Vault& opened) -> Status {
    TRY(const lk_signing_options given, read_struct(options));
    TRY(const auto keys, to_keys(given, opened, handle->clock));
    return use(*keys, std::string_view(given.key == nullptr ? "default" : given.key));
  });
}

Status copy_jwk(const crypto::VerifyingKey& key, char* buffer, std::size_t capacity, std::size_t* size) {
  std::string jwk;
  protocol::json::Writer writer(jwk);
  protocol::jose::Jwk::of(key).print(writer);
  return copy_text(jwk, buffer, capacity, size);
}

}  // namespace
}  // namespace latchkey::c

int32_t lk_capabilities_json(const lk_vault_options* where, char* buffer, size_t capacity, size_t* size) {
  return c::answer([&]() -> Status {
    const SystemClock clock;
    std::filesystem::path file;
    TRY(const vault::VaultParts parts, c::make_parts(where, clock, file));
    return c::copy_text(print_capabilities(vault::get_capabilities(parts.presences, parts.key_stores)), buffer,
                        capacity, size);
  });
}

int32_t lk_vault_watch_desktop(lk_vault* vault, lk_desktop_lock** lock) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(lock == nullptr, "lock"));
    auto handle = std::make_unique<lk_desktop_lock>();
    TRY(handle->lock, vault::DesktopLock::watch(opened));
    *lock = handle.release();
    return {};
  });
}

void lk_desktop_lock_free(lk_desktop_lock* lock) { delete lock; }

int32_t lk_vault_make_signing_key(lk_vault* vault, const lk_signing_options* options, const lk_prompt* prompt,
                                  char* buffer, size_t capacity, size_t* size) {
  return c::with_authenticator(vault, options, prompt, [&](auto& authenticator, const auto& asking) -> Status {
    TRY(const auto key, authenticator.enrol(asking));
    return c::copy_jwk(key, buffer, capacity, size);
  });
}

int32_t lk_vault_get_signing_key(lk_vault* vault, const lk_signing_options* options, char* buffer, size_t capacity,
                                 size_t* size) {
  return c::with_keys(vault, options, [&](auto& keys, std::string_view name) -> Status {
    TRY(const auto key, keys.get_public_key(name));
    return c::copy_jwk(key, buffer, capacity, size);
  });
}

int32_t lk_vault_remove_signing_key(lk_vault* vault, const lk_signing_options* options) {
  return c::with_keys(vault, options, [](auto& keys, std::string_view name) { return keys.remove(name); });
}

int32_t lk_vault_sign_challenge(lk_vault* vault, const lk_signing_options* options, const char* purpose,
                                const char* challenge, const lk_prompt* prompt, char* buffer, size_t capacity,
                                size_t* size) {
  return c::with_authenticator(vault, options, prompt, [&](auto& authenticator, const auto& asking) -> Status {
    TRY_DO(c::refuse_null(purpose == nullptr || challenge == nullptr, "purpose, challenge"));
    TRY(const std::string statement, authenticator.authenticate({purpose, challenge}, asking));
    return c::copy_text(statement, buffer, capacity, size);
  });
}
