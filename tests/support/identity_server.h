// A whole identity server in this process: SQLite in a temporary folder or a database of yours, a clock that stands
// still, the cheapest password hash, and users and clients to begin with.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "http/server/loopback_client.h"
#include "identity/accounts/account_store.h"
#include "identity/server.h"
#include "tests/support/browser.h"
#include "tests/support/interrupted_database.h"

namespace latchkey::tests {

inline constexpr std::string_view ada = "ada@example.org";
inline constexpr std::string_view ada_password = "four words make a passphrase";
inline constexpr std::string_view app_callback = "https://app.example.com/callback";
inline constexpr std::string_view pkce_verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";  // RFC 7636 appendix B
inline constexpr std::string_view pkce_challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

class IdentityServer final {
 public:
  struct Options {
    std::string issuer = "https://id.example.com";
    std::function<Result<std::unique_ptr<sql::Database>>()> open_database = {};  // default: SQLite in `folder`
    std::vector<std::string> event_receivers = {};  // URLs; their audience is "gateway", their token "the-token"
    crypto::PasswordHasherOptions hasher = {.threads = 1, .max_waiting = 64, .cost = crypto::argon2_min_cost};
  };
  IdentityServer() : IdentityServer(Options()) {}
  explicit IdentityServer(Options options);
  ~IdentityServer();

  Browser browser() { return {*client, options_.issuer}; }
  const std::string& issuer() const { return options_.issuer; }

  identity::UserId add_user(std::string_view login_name, std::string_view password,
                            identity::Role role = identity::Role::user);
  void disable_user(const identity::UserId& user);
  // A public client with app_callback, openid and offline_access; changed by `edit` before it is added.
  void add_client(std::string_view id, const std::function<void(identity::Client&)>& edit = {});

  // The parameters of a right authorization request of client "app".
  std::map<std::string, std::string> authorization(std::string_view client_id = "app") const;
  std::string authorize_url(const std::map<std::string, std::string>& parameters) const;
  // Fills in the sign-in page.
  Page sign_in(Browser& browser, const Page& page, std::string_view name = ada,
               std::string_view password = ada_password) const;
  // The whole way to the app's callback; the URL has the code.
  std::string code_url(Browser& browser, const std::map<std::string, std::string>& parameters) const;

  template <class Closure>
  auto write(Closure&& closure) {
    return db->write(closure).get();
  }

  ManualClock clock;
  std::filesystem::path folder;
  std::unique_ptr<InterruptedDatabase> db;
  std::unique_ptr<identity::Server> server;
  std::unique_ptr<http::LoopbackClient> client;

 private:
  Options options_;
};

}  // namespace latchkey::tests
