// Signs a user in through the browser, keeps the session in a vault, and calls an API with it. Shown in
// docs/guides/session.md.
//   sign_in VAULT-FILE ISSUER CLIENT-ID URL        the vault's passcode is the first line of standard input
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "http/client/curl_client.h"
#include "session/authorized_client.h"
#include "session/session.h"
#include "session/vault_token_store.h"
#include "vault/lock_timer.h"
#include "vault/vault_file.h"

using namespace latchkey;

namespace {

Result<vault::Passcode> ask_passcode(vault::PasscodeAsk) {
  std::string line;  // an app would use its own field, and wipe it
  std::getline(std::cin, line);
  return vault::Passcode::copy_of(std::string_view(line));
}

// [vault]
Result<std::unique_ptr<vault::Vault>> open_vault(const std::filesystem::path& file, const Clock& clock) {
  vault::Prompt prompt;
  prompt.reason = "Example wants to open its vault";
  prompt.ask_passcode = ask_passcode;
  auto opened = vault::Vault::open(vault::parts_for_file(file, clock));
  if (!opened && opened.error().code == Code::not_found) {  // only then is there none; anything else is an error
    vault::CreateOptions options;
    options.slots = {{vault::SlotKind::passcode, "passcode"}};
    return vault::Vault::create(vault::parts_for_file(file, clock), options, prompt);
  }
  if (opened) TRY_DO((*opened)->unlock(prompt));
  return opened;
}
// [vault]

// [session]
Status run(const std::filesystem::path& file, const session::SessionConfig& config, const std::string& url) {
  const SystemClock clock;
  TRY(const auto vault, open_vault(file, clock));
  const vault::LockTimer locks_when_idle(*vault);
  TRY(const auto http, http::CurlClient::create());

  session::VaultTokenStore store(*vault);
  session::FileRefreshLock lock(file.string() + ".refresh");
  TRY(const auto session, session::Session::create(config, {*http, store, lock, clock}));

  TRY(const session::State state, session->open());
  if (state == session::State::signed_out) {
    session::SignInOptions options;
    TRY(options.scope, protocol::oauth::Scope::parse("openid offline_access"));
    session::XdgBrowser browser;
    TRY_DO(session->sign_in(browser, options));  // blocks until the user is done
  }

  http::Request request;
  request.url = url;
  session::AuthorizedClient api(*session, *http, {url.substr(0, url.find('/', 8))});
  TRY(const http::Response response, api.send(request));  // renews the token when it has to
  std::printf("%d\n%.*s\n", response.status, static_cast<int>(response.body_text().size()),
              response.body_text().data());
  return {};
}
// [session]

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const Status done = run(argv[1], {argv[2], argv[3]}, argv[4]);
  if (done) return 0;
  std::fprintf(stderr, "%s\n", to_string(done.error()).c_str());
  return done.error().code == Code::not_signed_in || done.error().code == Code::invalid_grant ? 3 : 1;
}
