#include "tests/support/identity_server.h"

#include <cstdlib>
#include <stdexcept>

#include "crypto/argon2id.h"
#include "identity/accounts/password_store.h"
#include "protocol/routes.h"
#include "sql/postgres_database.h"
#include "sql/sqlite_database.h"
#include "tests/support/postgres.h"

namespace latchkey::tests {

namespace {

// In tests a failure of the set-up ends the test.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(to_string(result.error()));
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

std::filesystem::path make_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "latchkey-identity-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  return pattern;
}

// As tests::Chosen does, which needs GoogleTest.
Result<std::unique_ptr<sql::Database>> open_chosen(const std::filesystem::path& folder) {
  const char* name = std::getenv("LATCHKEY_TEST_DATABASE");  // NOLINT(concurrency-mt-unsafe)
  if (name == nullptr || std::string_view(name) != "postgres")
    return sql::open_sqlite({.file = folder / "latchkey.db"});
  const PostgresOffer offer = offer_postgres();
  if (!offer.missing.empty()) return fail(Code::not_found, offer.missing);
  return sql::open_postgres({.connection = sql::ConnectionString::copy_of(offer.connection), .connections = 4});
}

}  // namespace

IdentityServer::IdentityServer(Options options) : folder(make_folder()), options_(std::move(options)) {
  auto opened = options_.open_database ? options_.open_database() : open_chosen(folder);
  db = std::make_unique<InterruptedDatabase>(must(std::move(opened)));
  auto encryption = must(identity::KeyEncryption::from(
      identity::KeyEncryptionSecret::copy_of(std::string_view("0123456789abcdef0123456789abcdef"))));
  identity::ServerSettings settings;
  settings.oauth.issuer = settings.sign_in.issuer = options_.issuer;
  settings.hasher = options_.hasher;
  for (const std::string& url : options_.event_receivers)
    settings.event_receivers.push_back(
        {url, "gateway", identity::EventReceiverToken::copy_of(std::string_view("the-token"))});
  server = must(identity::Server::open(*db, std::move(encryption), clock, std::move(settings)));
  client = std::make_unique<http::LoopbackClient>(server->router());
}

IdentityServer::~IdentityServer() {
  client.reset();
  server.reset();
  db.reset();
  std::filesystem::remove_all(folder);
}

identity::UserId IdentityServer::add_user(std::string_view login_name, std::string_view password, identity::Role role) {
  const std::string phc = must(crypto::hash_password(as_bytes(password), options_.hasher.cost)).print();
  auto work = [&](sql::Transaction& tx) -> Result<identity::UserId> {
    TRY(const identity::Account account, identity::create_account(tx, login_name, role, clock.now()));
    TRY_DO(identity::change_password(tx, account.id, phc, clock.now()));
    return account.id;
  };
  return must(db->write(work).get());
}

void IdentityServer::disable_user(const identity::UserId& user) {
  auto work = [&](sql::Transaction& tx) { return identity::disable_account(tx, user, clock.now()); };
  must(db->write(work).get());
}

void IdentityServer::add_client(std::string_view id, const std::function<void(identity::Client&)>& edit) {
  identity::Client added;
  added.id = identity::ClientId(std::string(id));
  added.name = "The " + std::string(id);
  added.redirect_uris = {std::string(app_callback)};
  added.grants = static_cast<std::uint8_t>(identity::GrantType::authorization_code) |
                 static_cast<std::uint8_t>(identity::GrantType::refresh_token);
  added.scopes = {"openid", "offline_access"};
  added.is_first_party = true;
  if (edit) edit(added);
  must(server->clients().add(added, clock.now()));
}

std::map<std::string, std::string> IdentityServer::authorization(std::string_view client_id) const {
  return {{"response_type", "code"},
          {"client_id", std::string(client_id)},
          {"redirect_uri", std::string(app_callback)},
          {"scope", "openid offline_access"},
          {"state", "the-state"},
          {"nonce", "the-nonce"},
          {"code_challenge", std::string(pkce_challenge)},
          {"code_challenge_method", "S256"}};
}

std::string IdentityServer::authorize_url(const std::map<std::string, std::string>& parameters) const {
  return issuer() + std::string(protocol::routes::authorize) + "?" + print_form(parameters);
}

Page IdentityServer::sign_in(Browser& browser, const Page& page, std::string_view name,
                             std::string_view password) const {
  auto fields = page.form(protocol::routes::sign_in);
  fields["login_name"] = name;
  fields["password"] = password;
  return browser.post(protocol::routes::sign_in, fields);
}

std::string IdentityServer::code_url(Browser& browser, const std::map<std::string, std::string>& parameters) const {
  const Page page = browser.get(authorize_url(parameters));
  return browser.follow(page.status == 200 ? sign_in(browser, page) : page).location();
}

}  // namespace latchkey::tests
