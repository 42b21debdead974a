// `latchkey token`: prints a good access token, renewed if need be.
#include "apps/latchkey/commands.h"
#include "apps/latchkey/device.h"
#include "protocol/json_writer.h"

namespace latchkey::app {
namespace {

Status print_token(const DeviceFlags& flags, Console& console) {
  TRY(const auto device, Device::open(flags, console, MissingVault::refuse));
  TRY(const auto session, device->stored_session());
  TRY(const session::Access access, session->access());
  const session::SessionRecord& record = *access.record;
  WipedString json;
  protocol::json::WipedWriter(json)
      .begin_object()
      .member("access_token", record.access_token.reveal_text())
      .member("token_type", protocol::oauth::wire_word(record.token_type))
      .member("expires_at", to_unix_seconds(record.expires_at))
      .end_object();
  console.result(record.access_token.reveal_text(), json);
  return {};
}

}  // namespace

void add_token(CLI::App& app, Console& console) {
  const auto flags = std::make_shared<DeviceFlags>();
  CLI::App& command = *app.add_subcommand("token", "Print a valid access token, refreshed when needed");
  add_device_flags(command, *flags, console);
  command.footer(
      "A token bound to the device key (DPoP) needs a proof beside it; after latchkey login --bearer it works alone:\n"
      "  curl -H \"Authorization: Bearer $(latchkey token)\" http://127.0.0.1:8080/userinfo");
  command.callback([flags, &console] { console.finish(print_token(*flags, console)); });
}

}  // namespace latchkey::app
