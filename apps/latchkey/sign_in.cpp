#include "apps/latchkey/sign_in.h"

#include "apps/latchkey/interruption.h"
#include "protocol/json_writer.h"
#include "protocol/oauth/scope.h"
#include "protocol/uri.h"

namespace latchkey::app {
namespace {

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

}  // namespace

void add_sign_in_flags(CLI::App& command, SignInFlags& flags) {
  command.add_option("--client-id", flags.client_id, "The client_id this program has there")->capture_default_str();
  command.add_option("--login-hint", flags.login_hint, "Whom the sign-in page should propose");
  command.add_option("--timeout", flags.timeout_seconds, "Seconds to wait for the browser")->capture_default_str();
  command.add_flag("--no-browser", flags.no_browser, "Print the address to open instead of opening it");
}

Status check_issuer(const std::string& issuer) {
  if (protocol::uri::check_issuer(issuer)) return {};
  return fail(Code::invalid_argument, "--issuer is an address like https://id.example.com (http:// on loopback only)");
}

Result<session::SignInOptions> sign_in_options(const SignInFlags& flags) {
  session::SignInOptions options;
  TRY(options.scope, protocol::oauth::Scope::parse(flags.scope));
  if (!flags.login_hint.empty()) options.login_hint = flags.login_hint;
  if (!flags.resource.empty()) options.resource = flags.resource;
  if (flags.bearer) options.binding = session::TokenBinding::never;
  if (flags.consent) options.prompts = {protocol::oauth::Prompt::consent};
  options.timeout = std::chrono::seconds(flags.timeout_seconds);
  return options;
}

Status sign_in(session::Session& session, const SignInFlags& flags, const session::SignInOptions& options,
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

}  // namespace latchkey::app
