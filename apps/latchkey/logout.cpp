// `latchkey logout`: revokes the session at the server and erases it from the vault.
#include "apps/latchkey/commands.h"
#include "apps/latchkey/device.h"
#include "protocol/json_writer.h"

namespace latchkey::app {
namespace {

std::string outcome_in_words(const session::SignOutReport& report) {
  std::string text = "Signed out.";
  if (!report.revocation)
    text += "\nThe server could not be told (" + to_string(report.revocation.error()) +
            "); the session ends there by itself.";
  if (!report.end_session_url.empty()) text += "\nTo sign out in the browser, too, open " + report.end_session_url;
  return text;
}

Status logout(const DeviceFlags& flags, Console& console) {
  TRY(const auto device, Device::open(flags, console, MissingVault::refuse));
  TRY(const auto session, device->stored_session());
  TRY(const session::SignOutReport report, session->sign_out());
  std::string json;
  protocol::json::Writer writer(json);
  writer.begin_object().member("ok", true).member("revoked", report.revocation.has_value());
  if (!report.end_session_url.empty()) writer.member("end_session_url", report.end_session_url);
  writer.end_object();
  console.result(outcome_in_words(report), json);
  return {};
}

}  // namespace

void add_logout(CLI::App& app, Console& console) {
  const auto flags = std::make_shared<DeviceFlags>();
  CLI::App& command = *app.add_subcommand("logout", "End the session here and at the server");
  add_device_flags(command, *flags, console);
  command.callback([flags, &console] { console.finish(logout(*flags, console)); });
}

}  // namespace latchkey::app
