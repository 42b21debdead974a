// `latchkey login`: signs in through the system's browser and keeps the session in the vault.
#include "apps/latchkey/commands.h"
#include "apps/latchkey/device.h"
#include "apps/latchkey/interruption.h"
#include "protocol/json_writer.h"
#include "protocol/oauth/scope.h"
#include "protocol/uri.h"

namespace latchkey::app {
namespace {

struct LoginFlags {
  DeviceFlags device;
  std::string issuer;
  std::string client_id = "latchkey-cli";
  std::string scope = "openid profile offline_access";
  std::string login_hint;
  std::string resource;
  bool no_browser = false;
  bool bearer = false;
  bool consent = false;
  unsigned timeout_seconds = 300;
};

// For machines without a browser: somebody opens the address in one on this machine, for that is where it leads back
// to.
class PrintedAddress final : public session::Browser {
 public:
  explicit PrintedAddress(Console& console) : console_(console) {}
  Status open(std::string_view url) override {
    WipedString human("Open this address in a browser on this machine:\n");
    WipedString json;
    protocol::json::WipedWriter(json).begin_object().member("open", url).end_object();
    console_.result(human.append(url), json);
    return {};
  }

 private:
  Console& console_;
};

Result<session::SignInOptions> sign_in_options(const LoginFlags& flags) {
  session::SignInOptions options;
  TRY(options.scope, protocol::oauth::Scope::parse(flags.scope));
  if (!flags.login_hint.empty()) options.login_hint = flags.login_hint;
  if (!flags.resource.empty()) options.resource = flags.resource;
  if (flags.bearer) options.binding = session::TokenBinding::never;
  if (flags.consent) options.prompts = {protocol::oauth::Prompt::consent};
  options.timeout = std::chrono::seconds(flags.timeout_seconds);
  return options;
}

Status sign_in(session::Session& session, const LoginFlags& flags, const session::SignInOptions& options,
               Console& console) {
  const Interruption interruption;
  if (flags.no_browser) {
    PrintedAddress printed(console);
    return session.sign_in(printed, options, interruption.token());
  }
  console.say("Sign in in the browser that opens now.");
  session::XdgBrowser browser;
  return session.sign_in(browser, options, interruption.token());
}

// Before anybody is asked for a passcode, let alone a vault made.
Status check_issuer(const std::string& issuer) {
  if (protocol::uri::check_issuer(issuer)) return {};
  return fail(Code::invalid_argument, "--issuer is an address like https://id.example.com (http:// on loopback only)");
}

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
  command.add_option("--client-id", flags->client_id, "The client_id this program has there")->capture_default_str();
  command.add_option("--scope", flags->scope, "What to ask for")->capture_default_str();
  command.add_option("--resource", flags->resource, "The API the access tokens are for");
  command.add_option("--login-hint", flags->login_hint, "Whom the sign-in page should propose");
  command.add_option("--timeout", flags->timeout_seconds, "Seconds to wait for the browser")->capture_default_str();
  command.add_flag("--no-browser", flags->no_browser, "Print the address to open instead of opening it");
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
