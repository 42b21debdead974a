#include "apps/latchkey/device.h"

#include <unistd.h>

#include "crypto/constant_time.h"
#include "vault/unlock_in_turn.h"
#include "vault/vault_file.h"

namespace latchkey::app {
namespace {

using vault::Passcode;

Result<Passcode> ask(Console& console, vault::PasscodeAsk what) {
  if (what == vault::PasscodeAsk::device_password)
    return console.read_secret_to_unlock<Passcode>("Your password on this device: ");
  if (what == vault::PasscodeAsk::enter) return console.read_secret_to_unlock<Passcode>("Passcode of the vault: ");
  TRY(Passcode first, console.read_secret<Passcode>("New passcode for the vault: "));
  if (console.secrets_from_stdin || isatty(STDIN_FILENO) == 0) return first;
  TRY(const Passcode second, console.read_secret<Passcode>("Once more: "));
  if (!crypto::equal(first, second)) return fail(Code::invalid_argument, "the two passcodes differ");
  return first;
}

Result<std::filesystem::path> vault_file(const DeviceFlags& flags) {
  if (!flags.vault.empty()) return flags.vault;
  return vault::default_vault_file();
}

}  // namespace

void add_device_flags(CLI::App& command, DeviceFlags& flags, Console& console) {
  command.add_option("--vault", flags.vault, "The vault file (default: the user's own)");
  command.add_option("--ca-file", flags.ca_file, "Trust these certificate authorities (PEM) instead of the system's");
  command.add_flag("--passcode-stdin", console.secrets_from_stdin, "Read the passcode from standard input");
}

vault::Prompt passcode_prompt(Console& console) {
  vault::Prompt prompt;
  prompt.reason = "Latchkey opens its vault";
  prompt.ask_passcode = [&console](vault::PasscodeAsk what) { return ask(console, what); };
  return prompt;
}

Result<std::unique_ptr<Device>> Device::open(const DeviceFlags& flags, Console& console, MissingVault missing) {
  std::unique_ptr<Device> device(new Device);
  TRY(device->file_, vault_file(flags));
  TRY_DO(device->open_vault(flags, console, missing));
  device->store_ = std::make_unique<session::VaultTokenStore>(*device->vault_);
  device->lock_ = std::make_unique<session::FileRefreshLock>(refresh_lock_of(device->file_));
  http::CurlOptions options;
  if (!flags.ca_file.empty()) options.ca_file = flags.ca_file;
  TRY(device->client_, http::CurlClient::create(std::move(options)));
  return device;
}

Result<vault::VaultParts> Device::make_parts(const DeviceFlags& flags) {
  vault::VaultParts parts = vault::parts_for_file(file_, clock_);
  TRY(auto checkpoints, make_checkpoints(file_, flags.ca_file, clock_));
  checkpoints_ = checkpoints.get();
  parts.checkpoints = std::move(checkpoints);
  return parts;
}

Status Device::open_vault(const DeviceFlags& flags, Console& console, MissingVault missing) {
  TRY(vault::VaultParts parts, make_parts(flags));
  auto opened = vault::Vault::open(std::move(parts));
  if (opened) {
    vault_ = OpenVault(opened->release());
    Status unlocked = vault::unlock_in_turn(*vault_, file_, passcode_prompt(console));
    sign_in_first_ = !unlocked && unlocked.error().code == Code::login_required && missing == MissingVault::create;
    if (sign_in_first_) return {};
    if (unlocked) tell_unverified(*vault_);
    return unlocked;
  }
  if (opened.error().code != Code::not_found) return tl::unexpected(opened.error());
  if (missing == MissingVault::refuse) return fail(Code::not_signed_in);
  vault::CreateOptions options;
  options.slots = {{vault::SlotKind::passcode, "passcode"}};
  TRY(vault::VaultParts again, make_parts(flags));
  TRY(auto made, vault::Vault::create(std::move(again), options, passcode_prompt(console)));
  vault_ = OpenVault(made.release());
  return {};
}

Result<std::unique_ptr<session::Session>> Device::waiting_session(const std::string& issuer,
                                                                  const std::string& client_id) {
  return session::Session::create({issuer, client_id}, {*client_, waiting_room_, *lock_, clock_});
}

Status Device::finish_sign_in(session::Session& session, Console& console) {
  checkpoints_->use(&session);
  const Status opened = vault::unlock_in_turn(*vault_, file_, passcode_prompt(console));
  checkpoints_->use(nullptr);
  TRY_DO(opened);
  TRY(auto fresh, waiting_room_.load());
  if (!fresh) return fail(Code::not_signed_in);
  TRY(const auto lock, lock_->acquire({}));
  TRY(const auto old, store_->load());
  if (old) fresh->revision = old->revision + 1;
  return store_->save(*fresh);
}

Result<session::SessionRecord> Device::get_record() {
  TRY(std::optional<session::SessionRecord> record, store_->load());
  if (!record) return fail(Code::not_signed_in);
  return *std::move(record);
}

Result<std::unique_ptr<session::Session>> Device::session_with(const std::string& issuer,
                                                               const std::string& client_id) {
  return session::Session::create({issuer, client_id}, {*client_, *store_, *lock_, clock_});
}

Result<std::unique_ptr<session::Session>> Device::stored_session() {
  TRY(const session::SessionRecord record, get_record());
  return session_with(record.issuer, record.client_id);
}

std::string describe_time(Instant at, Instant now) {
  const bool is_past = at < now;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(is_past ? now - at : at - now).count();
  const std::string amount = seconds < 120         ? std::to_string(seconds) + " s"
                             : seconds < 2 * 3600  ? std::to_string(seconds / 60) + " min"
                             : seconds < 2 * 86400 ? std::to_string(seconds / 3600) + " h"
                                                   : std::to_string(seconds / 86400) + " days";
  return is_past ? amount + " ago" : "in " + amount;
}

}  // namespace latchkey::app
