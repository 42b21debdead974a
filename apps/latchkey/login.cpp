// `latchkey login`: signs in through the system's browser and keeps the session in the vault.
#include "apps/latchkey/commands.h"
#include "apps/latchkey/device.h"
#include "apps/latchkey/sign_in.h"
#include "protocol/json_writer.h"

namespace latchkey::app {
namespace {

struct LoginFlags : SignInFlags {
  DeviceFlags device;
};

Status login(const LoginFlags& flags, Console& console) {
  TRY_DO(check_issuer(flags.issuer));
  TRY(const session::SignInOptions options, sign_in_options(flags));
  TRY(const auto device, Device::open(flags.device, console, MissingVault::create));
  TRY(const auto session, device->sign_in_first() ? device->waiting_session(flags.issuer, flags.client_id)
                                                  : device->session_with(flags.issuer, flags.client_id));
  TRY_DO(sign_in(*session, flags, options, console));
  if (device->sign_in_first()) TRY_DO(device->finish_sign_in(*session, console));
  TRY(const session::SessionRecord record, device->get_record());
  std::string json;
  protocol::json::Writer(json)
      .begin_object()
      .member("ok", true)
      .member("issuer", record.issuer)
      .member("subject", record.subject)
      .member("scope", record.scope)
      .member("bound", record.dpop_key.has_value())
      .end_object();
  console.result("Signed in as " + record.subject + " at " + record.issuer + ".", json);
  return {};
}

}  // namespace

void add_login(CLI::App& app, Console& console) {
  const auto flags = std::make_shared<LoginFlags>();
  CLI::App& command = *app.add_subcommand("login", "Sign in through the browser and keep the session in the vault");
  command.add_option("--issuer", flags->issuer, "Address of the identity server, for example https://id.example.com")
      ->required();
  add_sign_in_flags(command, *flags);
  command.add_option("--scope", flags->scope, "What to ask for")->capture_default_str();
  command.add_option("--resource", flags->resource, "The API the access tokens are for");
  command.add_flag("--bearer", flags->bearer, "Ask for tokens that are not bound to a key (for curl and the like)");
  command.add_flag("--consent", flags->consent,
                   "Have the person agree again (some servers give lasting sessions only then)");
  add_device_flags(command, flags->device, console);
  command.footer(
      "Makes the vault when there is none and asks for a passcode. Tokens are bound to a key in the vault (DPoP): a "
      "copy\n"
      "of them is useless elsewhere. For programs that cannot prove that key, such as curl, sign in with --bearer:\n"
      "  latchkey login --issuer http://127.0.0.1:8080 --bearer\n"
      "  curl -H \"Authorization: Bearer $(latchkey token)\" http://127.0.0.1:8080/userinfo");
  command.callback([flags, &console] { console.finish(login(*flags, console)); });
}

}  // namespace latchkey::app
