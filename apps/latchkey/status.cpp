// `latchkey status`: who is signed in, where, and for how long. Asks no server.
#include "apps/latchkey/commands.h"
#include "apps/latchkey/device.h"
#include "protocol/json_writer.h"

namespace latchkey::app {
namespace {

std::optional<std::int64_t> seconds_of(const std::optional<Instant>& at) {
  if (!at) return std::nullopt;
  return to_unix_seconds(*at);
}

std::string session_json(const session::SessionRecord& record, const vault::VaultStatus& vault) {
  std::string json;
  protocol::json::Writer writer(json);
  writer.begin_object().member("signed_in", true);
  writer.member("issuer", record.issuer).member("client_id", record.client_id).member("subject", record.subject);
  writer.member("scope", record.scope).member("bound", record.dpop_key.has_value());
  writer.member("signed_in_at", to_unix_seconds(record.signed_in_at));
  writer.member("access_token_expires_at", to_unix_seconds(record.expires_at));
  writer.member("renewable", record.refresh_token.has_value());
  writer.member("refresh_token_expires_at", seconds_of(record.refresh_expires_at));
  writer.member("session_expires_at", seconds_of(record.authorization_expires_at));
  writer.member("vault_security_level", name_of(vault.level)).end_object();
  return json;
}

std::string session_in_words(const session::SessionRecord& record, const vault::VaultStatus& vault, Instant now) {
  std::string text = "Signed in as " + record.subject + " at " + record.issuer + "\n";
  text += "  since          " + describe_time(record.signed_in_at, now) + "\n";
  text += "  access token   ends " + describe_time(record.expires_at, now) +
          (record.refresh_token ? ", renewed by itself" : "") + "\n";
  text += "  bound to a key " + std::string(record.dpop_key ? "yes (DPoP)" : "no (bearer)") + "\n";
  if (record.authorization_expires_at)
    text += "  sign in again  " + describe_time(*record.authorization_expires_at, now) + "\n";
  return text + "  vault          " + std::string(name_of(vault.level));
}

Status print_status(const DeviceFlags& flags, Console& console) {
  TRY(const auto device, Device::open(flags, console, MissingVault::refuse));
  TRY(const session::SessionRecord record, device->get_record());
  TRY(const vault::VaultStatus vault, device->vault().status());
  console.result(session_in_words(record, vault, device->clock().now()), session_json(record, vault));
  return {};
}

}  // namespace

void add_status(CLI::App& app, Console& console) {
  const auto flags = std::make_shared<DeviceFlags>();
  CLI::App& command =
      *app.add_subcommand("status", "Tell who is signed in on this device, and for how long; asks no server");
  add_device_flags(command, *flags, console);
  command.callback([flags, &console] { console.finish(print_status(*flags, console)); });
}

}  // namespace latchkey::app
