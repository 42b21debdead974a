// The program that sign_in_memory_test looks into: an app that signs its user in over TLS, keeps the tokens in a vault,
// and locks it. sign_in_target FOLDER ISSUER [anonymous]: reads FOLDER/canaries (masked) and FOLDER/ca.pem, writes
// FOLDER/url (masked): what a browser would have opened.
#include "base/locked_pages.h"
#include "http/client/curl_client.h"
#include "session/session.h"
#include "session/vault_token_store.h"
#include "tests/memory/target_steps.h"
#include "vault/key_stores/passcode_key_store.h"
#include "vault/record_stores/sqlite_record_store.h"

namespace {

using namespace latchkey;
using namespace latchkey::memory_test;
namespace fs = std::filesystem;

// Whoever started this program is the browser.
class OuterBrowser final : public session::Browser {
 public:
  explicit OuterBrowser(fs::path file) : file_(std::move(file)) {}
  Status open(std::string_view url) override {
    Bytes masked(url.size());
    copy_masked(as_bytes(url), masked);
    TRY_DO(write_file_atomically(file_, masked));
    reached(Step::browser_opened);
    return {};
  }

 private:
  fs::path file_;
};

std::unique_ptr<vault::Vault> make_vault(const fs::path& folder, const Canaries& canaries, const Clock& clock) {
  std::vector<std::unique_ptr<vault::KeyStore>> stores;
  stores.push_back(vault::make_passcode_key_store(crypto::argon2_server_cost));
  vault::VaultParts parts{vault::make_sqlite_record_store(folder / "test.vault"), std::move(stores),
                          vault::make_machine_identity(), clock};
  vault::CreateOptions options;
  options.slots.push_back({vault::SlotKind::passcode, "test"});
  return must(vault::Vault::create(std::move(parts), options, answering(canaries, 0)));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  if (argc > 3) locked_pages::set_backing(locked_pages::Backing::anonymous);
  const fs::path folder = argv[1];
  const std::string issuer = argv[2];
  const Canaries canaries(folder / "canaries", session_canary_names.size());
  const SystemClock clock;
  const auto vault = make_vault(folder, canaries, clock);
  session::VaultTokenStore store(*vault);
  session::NoRefreshLock lock;
  http::CurlOptions curl;
  curl.ca_file = folder / "ca.pem";
  const auto client = must(http::CurlClient::create(std::move(curl)));
  const auto session = must(session::Session::create({issuer, "app"}, {*client, store, lock, clock}));
  OuterBrowser browser(folder / "url");
  session::SignInOptions options;
  options.scope = must(protocol::oauth::Scope::parse("offline_access"));
  must(session->sign_in(browser, options));
  reached(Step::signed_in);
  vault->lock();
  reached(Step::locked);
  return 0;
}
