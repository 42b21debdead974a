// The program that session_memory_test looks into: renews a session over TLS, calls an API with it, locks the vault.
// session_target FOLDER ISSUER [anonymous]: reads FOLDER/canaries (masked) and FOLDER/ca.pem, writes FOLDER/dpop-key
// (masked: the private scalar).
#include <algorithm>

#include "base/locked_pages.h"
#include "http/client/curl_client.h"
#include "session/authorized_client.h"
#include "session/session.h"
#include "session/vault_token_store.h"
#include "tests/memory/target_steps.h"
#include "vault/key_stores/passcode_key_store.h"
#include "vault/record_stores/sqlite_record_store.h"

namespace {

using namespace latchkey;
using namespace latchkey::memory_test;
namespace fs = std::filesystem;

// SEC 1 in PKCS#8: ... INTEGER 1, OCTET STRING of 32 bytes.
void tell_scalar(const crypto::PrivateKeyDer& der, const fs::path& file) {
  constexpr std::array<std::uint8_t, 5> mark{2, 1, 1, 4, 32};
  const ByteView bytes = der.reveal();
  const auto found = std::search(bytes.begin(), bytes.end(), mark.begin(), mark.end());
  if (found == bytes.end()) ::_exit(4);
  Bytes masked(32);
  copy_masked(bytes.subspan(static_cast<std::size_t>(found - bytes.begin()) + mark.size(), 32), masked);
  must(write_file_atomically(file, masked));
}

session::SessionRecord expired_record(const Canaries& canaries, const std::string& issuer, const fs::path& folder) {
  session::SessionRecord record;
  record.issuer = issuer;
  record.client_id = "app";
  record.refresh_token = canaries.get<protocol::oauth::RefreshToken>(1);
  record.access_token = canaries.get<protocol::oauth::AccessToken>(2);
  record.token_type = protocol::oauth::TokenType::dpop;
  const auto key = must(crypto::SigningKey::generate(crypto::SignatureAlgorithm::es256));
  record.dpop_key = must(key.to_pkcs8());
  tell_scalar(*record.dpop_key, folder / "dpop-key");
  return record;
}

std::unique_ptr<vault::Vault> make_vault(const fs::path& folder, const Canaries& canaries, const Clock& clock) {
  std::vector<std::unique_ptr<vault::KeyStore>> stores;
  stores.push_back(vault::make_passcode_key_store(crypto::argon2_server_cost));
  vault::VaultParts parts{vault::make_sqlite_record_store(folder / "test.vault"), std::move(stores),
                          vault::make_machine_identity(), clock};
  vault::CreateOptions options;
  options.slots.push_back({vault::SlotKind::passcode, "test"});
  return must(vault::Vault::create(std::move(parts), options, answering(canaries, 0)));
}

std::unique_ptr<http::Client> make_client(const fs::path& folder) {
  http::CurlOptions options;
  options.ca_file = folder / "ca.pem";
  return must(http::CurlClient::create(std::move(options)));
}

void call_api(session::Session& session, http::Client& client, const std::string& origin) {
  session::AuthorizedClient authorized(session, client, {origin});
  http::Request request;
  request.url = origin + "/api";
  if (must(authorized.send(request)).status != 200) ::_exit(5);
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
  const auto client = make_client(folder);
  must(store.save(expired_record(canaries, issuer, folder)));
  const auto session = must(session::Session::create({issuer, "app"}, {*client, store, lock, clock}));
  call_api(*session, *client, issuer);
  {
    const session::Access in_use = must(session->access());
    reached(Step::unlocked);
  }
  vault->lock();
  reached(Step::locked);
  const auto refused = session->access();
  if (refused || refused.error().code != Code::vault_locked) return 6;
  must(vault->unlock(answering(canaries, 0)));
  call_api(*session, *client, issuer);
  vault->lock();
  reached(Step::locked);
  return 0;
}
