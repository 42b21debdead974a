// Where a vault is, how it comes to be, and how it goes.
#include "bindings/c/handles.h"
#include "vault/memory_vault.h"
#include "vault/vault_file.h"

namespace latchkey::c {
namespace {

constexpr unsigned pcr_count = 24;

bool is_pkcs11_key(std::int32_t key) {
  return key == LK_PKCS11_ANY || key == LK_PKCS11_AES || key == LK_PKCS11_RSA || key == LK_PKCS11_EC;
}

vault::KeyStoreOptions to_key_store_options(const lk_vault_options& where) {
  vault::KeyStoreOptions options;
  if (where.tpm2_tcti != nullptr) options.tpm2.tcti = where.tpm2_tcti;
  if (where.tpm2_without_pin != 0) options.tpm2.pin = vault::Tpm2Pin::none;
  for (unsigned pcr = 0; pcr < pcr_count; ++pcr)
    if ((where.tpm2_pcrs >> pcr & 1U) != 0) options.tpm2.pcrs.push_back(pcr);
  if (where.kernel_keyring_timeout != 0)
    options.kernel_keyring.timeout =
        std::chrono::ceil<std::chrono::seconds>(std::chrono::milliseconds(where.kernel_keyring_timeout));
  if (where.kernel_keyring_of_user != 0) options.kernel_keyring.keyring = vault::KernelKeyring::user;
  if (where.pkcs11_module == nullptr) return options;
  auto& token = options.pkcs11.emplace();
  token.module = where.pkcs11_module;
  if (where.pkcs11_token != nullptr) token.token = where.pkcs11_token;
  if (where.pkcs11_key != LK_PKCS11_ANY) token.mechanism = static_cast<vault::Pkcs11Mechanism>(where.pkcs11_key);
  if (where.ask_pin_to_forget != nullptr)
    token.ask_pin_to_forget = [ask = where.ask_pin_to_forget, user_data = where.user_data](vault::PasscodeAsk) {
      return ask_secret<vault::Passcode>([&](std::uint8_t* buffer, std::size_t capacity, std::size_t* size) {
        return ask(user_data, buffer, capacity, size);
      });
    };
  return options;
}

}  // namespace

Result<vault::VaultParts> make_parts(const lk_vault_options* where, const Clock& clock, std::filesystem::path& file) {
  TRY(const lk_vault_options given, read_struct(where));
  if (given.tpm2_pcrs >> pcr_count != 0) return fail(Code::invalid_argument, "tpm2_pcrs");
  if (!is_pkcs11_key(given.pkcs11_key)) return fail(Code::invalid_argument, "pkcs11_key");
  if (given.kernel_keyring_timeout < 0) return fail(Code::invalid_argument, "kernel_keyring_timeout");
  if (given.file == nullptr) {
    TRY(file, vault::default_vault_file());
  } else {
    file = given.file;
  }
  TRY(auto checkpoints, to_checkpoints(given.checkpoints));
  vault::VaultParts parts = vault::parts_for_file(file, clock, to_key_store_options(given));
  parts.checkpoints = std::move(checkpoints);
  if (parts.checkpoints) parts.checkpoint_pace = to_checkpoint_pace(given.checkpoints);
  return parts;
}

namespace {

Result<vault::CreateOptions> to_create_options(const lk_create_options* options) {
  TRY(const lk_create_options given, read_struct(options));
  vault::CreateOptions made;
  TRY_DO(refuse_null(given.slots == nullptr || given.slot_count == 0, "slots"));
  TRY(made.slots, to_slot_requests(given.slots, given.slot_count));
  TRY(made.protection, to_protection(given.protection));
  made.is_anchored = given.is_anchored != 0;
  TRY(made.checkpoint, to_checkpoint_rule(given.checkpoint));
  TRY(made.policy, to_policy(given.policy));
  if (given.minimum_level < 0 || given.minimum_level > LK_LEVEL_SEPARATE_HARDWARE)
    return fail(Code::invalid_argument, "minimum_level");
  if (given.minimum_level != 0) made.minimum_level = static_cast<vault::SecurityLevel>(given.minimum_level);
  return made;
}

}  // namespace
}  // namespace latchkey::c

using namespace latchkey;

int32_t lk_vault_create(const lk_vault_options* where, const lk_create_options* options, const lk_prompt* prompt,
                        lk_vault** vault) {
  return c::answer([&]() -> Status {
    TRY_DO(c::refuse_null(vault == nullptr, "vault"));
    auto handle = std::make_unique<lk_vault>();
    TRY(auto parts, c::make_parts(where, handle->clock, handle->file));
    TRY(const auto create, c::to_create_options(options));
    TRY(const auto asking, c::to_prompt(prompt));
    TRY(handle->vault, vault::Vault::create(std::move(parts), create, asking));
    *vault = handle.release();
    return {};
  });
}

int32_t lk_vault_create_in_memory(const lk_policy* policy, lk_vault** vault) {
  return c::answer([&]() -> Status {
    TRY_DO(c::refuse_null(vault == nullptr, "vault"));
    TRY(const auto wanted, c::to_policy(policy));
    auto handle = std::make_unique<lk_vault>();
    TRY(handle->vault, vault::make_memory_vault(handle->clock, wanted));
    *vault = handle.release();
    return {};
  });
}

int32_t lk_vault_open(const lk_vault_options* where, lk_vault** vault) {
  return c::answer([&]() -> Status {
    TRY_DO(c::refuse_null(vault == nullptr, "vault"));
    auto handle = std::make_unique<lk_vault>();
    TRY(auto parts, c::make_parts(where, handle->clock, handle->file));
    TRY(handle->vault, vault::Vault::open(std::move(parts)));
    *vault = handle.release();
    return {};
  });
}

int32_t lk_vault_look(const lk_vault_options* where, lk_status** status) {
  return c::answer([&]() -> Status {
    TRY_DO(c::refuse_null(status == nullptr, "status"));
    const SystemClock clock;
    std::filesystem::path file;
    TRY(auto parts, c::make_parts(where, clock, file));
    TRY(auto seen, vault::Vault::look(std::move(parts)));
    *status = new lk_status{std::move(seen)};
    return {};
  });
}

void lk_vault_close(lk_vault* vault) { delete vault; }

int32_t lk_vault_destroy(lk_vault* vault) {
  return c::with_vault(vault, [](vault::Vault& opened) { return opened.destroy(); });
}

int32_t lk_vault_destroy_unreadable(const lk_vault_options* where) {
  return c::answer([&]() -> Status {
    const SystemClock clock;
    std::filesystem::path file;
    TRY(auto parts, c::make_parts(where, clock, file));
    const auto opened = vault::Vault::open(std::move(parts));
    if (opened) return fail(Code::conflict, "this vault can be opened");
    if (opened.error().code != Code::vault_corrupted && opened.error().code != Code::future_version)
      return tl::unexpected(opened.error());
    TRY(const auto again, c::make_parts(where, clock, file));
    return again.records->destroy();
  });
}

int32_t lk_vault_adopt_device(lk_vault* vault) {
  return c::with_vault(vault, [](vault::Vault& opened) { return opened.adopt_device(); });
}
