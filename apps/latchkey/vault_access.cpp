#include "apps/latchkey/vault_access.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "crypto/constant_time.h"
#include "identity/config/config.h"
#include "vault/unlock_in_turn.h"

namespace latchkey::app {

using vault::Passcode;
using vault::Vault;
using vault::VaultParts;

void add_vault_flags(CLI::App& group, VaultFlags& flags, Console& console) {
  group.add_option("--file", flags.file, "The vault file (default: the user's own)");
  group.add_option("--with-slot", flags.with_slot, "Number of the slot to open it with (see: vault slots)");
  group.add_flag("--secrets-from-stdin", console.secrets_from_stdin, "Read passcodes and values from standard input");
  group.add_option("--tcti", flags.tcti, "The TPM, as the TSS names it (default: the machine's own)");
  group.add_option("--module", flags.module, "PKCS#11 module of a token: the absolute path of a library");
  group.add_option("--token", flags.token, "Label of the token that a new pkcs11 slot is made in");
  group.add_option("--ca-file", flags.ca_file,
                   "Trust these certificate authorities (PEM) at the checkpoint's server instead of the system's");
}

void add_new_slot_flags(CLI::App& command, VaultFlags& flags) {
  command.add_flag_function(
      "--pin,!--no-pin", [&flags](std::int64_t count) { flags.with_pin = count > 0; },
      "Whether a new tpm2 slot asks for a PIN (default: it does, but in vaults of type SecureStorage and "
      "DeviceSecurity)");
  command
      .add_option("--pcrs", flags.pcrs, "A new tpm2 slot opens only as long as these PCRs stay as they are (0,2,4,7)")
      ->delimiter(',');
  command.add_option(
      "--token-key", flags.token_key,
      "What key a new pkcs11 slot makes on its token: aes, rsa or ec (default: the first that it offers)");
}

Result<std::chrono::seconds> parse_time_span(std::string_view text) {
  if (text == "never" || text == "0") return std::chrono::seconds(0);
  const auto parsed = identity::parse_duration(text);
  if (!parsed) return fail(Code::invalid_argument, "write times as 90s, 5m, 1h or 30d");
  return *parsed;
}

Result<std::filesystem::path> VaultAccess::file() const {
  if (!flags.file.empty()) return flags.file;
  return vault::default_vault_file();
}

Result<VaultParts> VaultAccess::make_parts(std::chrono::seconds shared_for) {
  TRY(const auto path, file());
  vault::KeyStoreOptions options;
  options.tpm2.tcti = flags.tcti;
  options.tpm2.pin = flags.with_pin.value_or(true) ? vault::Tpm2Pin::asked : vault::Tpm2Pin::none;
  options.tpm2.pcrs = flags.pcrs;
  options.kernel_keyring.timeout = shared_for;
  if (!flags.module.empty())
    options.pkcs11 = vault::Pkcs11KeyStoreOptions{
        .module = flags.module, .token = flags.token, .ask_pin_to_forget = [this](auto what) { return ask(what); }};
  if (!flags.token_key.empty()) {
    if (!options.pkcs11) return fail(Code::invalid_argument, "--token-key takes --module");
    TRY(options.pkcs11->mechanism, vault::parse_pkcs11_mechanism(flags.token_key));
  }
  VaultParts parts = vault::parts_for_file(path, clock_, options, presence_options());
  if (!flags.without_checkpoint) {
    TRY(parts.checkpoints, make_checkpoints(path, flags.ca_file, clock_));
  }
  return parts;
}

vault::PresenceOptions VaultAccess::presence_options() const {
  vault::PresenceOptions options;
  options.fprint.on_hint = [](vault::PresenceHint hint) {
    fmt::print(stderr, "fingerprint reader: {}\n", name_of(hint));
  };
  return options;
}

Result<vault::Capabilities> VaultAccess::capabilities() {
  TRY(const VaultParts parts, make_parts());
  return vault::get_capabilities(parts.presences, parts.key_stores);
}

Result<std::unique_ptr<Vault>> VaultAccess::open_existing() {
  TRY(VaultParts parts, make_parts());
  return Vault::open(std::move(parts));
}

Result<OpenVault> VaultAccess::open() {
  TRY(auto opened, open_existing());
  TRY_DO(unlock(*opened));
  return OpenVault(opened.release());
}

Status VaultAccess::unlock(Vault& opened) {
  TRY(const auto path, file());
  vault::UnlockTurn turn;
  if (flags.with_slot != 0) turn.slot = flags.with_slot;
  TRY_DO(vault::unlock_in_turn(opened, path, prompt(), turn));
  tell_unverified(opened);
  return {};
}

// What the user typed to open the vault a moment ago is good for this, too; with a shared slot nobody was asked.
Status VaultAccess::authenticate(Vault& opened) {
  if (entered_.is_empty())
    return opened.authenticate(prompt(), flags.with_slot == 0 ? std::nullopt : std::optional(flags.with_slot));
  TRY(const auto status, opened.status());
  vault::Prompt again = prompt();
  again.ask_passcode = [this](vault::PasscodeAsk) -> Result<Passcode> { return entered_.clone(); };
  return opened.authenticate(again, status.unlocked_by);
}

Result<Passcode> VaultAccess::ask(vault::PasscodeAsk what) {
  if (what != vault::PasscodeAsk::choose_new) {
    const bool is_of_device = what == vault::PasscodeAsk::device_password;
    TRY(entered_,
        console_.read_secret_to_unlock<Passcode>(is_of_device ? "Your password on this device: " : "Passcode: "));
    return entered_.clone();
  }
  TRY(Passcode first, console_.read_secret<Passcode>("New passcode: "));
  if (console_.secrets_from_stdin || isatty(STDIN_FILENO) == 0) return first;
  TRY(const Passcode second, console_.read_secret<Passcode>("Once more: "));
  if (!crypto::equal(first, second)) return fail(Code::invalid_argument, "the two passcodes differ");
  return first;
}

// Once, and never again. A person gets the time to write it down; a script takes it from its line.
Status VaultAccess::show(const vault::RecoveryCode& code) {
  WipedString human = "recovery code: ";
  human += code.reveal_text();
  WipedString json = R"({"recovery_code":")";
  json += code.reveal_text();
  json += R"("})";
  console_.result(human, json);
  if (console_.json || console_.secrets_from_stdin || isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0)
    return {};
  TRY_DO(console_.read_secret<Passcode>("It is shown this once. Write it down, then press Enter. "));
  return {};
}

vault::Prompt VaultAccess::prompt() {
  vault::Prompt prompt;
  prompt.reason = "Latchkey opens its vault";
  prompt.ask_passcode = [this](vault::PasscodeAsk what) { return ask(what); };
  prompt.show_recovery_code = [this](const vault::RecoveryCode& code) { return show(code); };
  return prompt;
}

}  // namespace latchkey::app
