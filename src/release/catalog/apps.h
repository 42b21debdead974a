// Apps and the API keys that act on them. Every function works in the caller's transaction.
#pragma once

#include "base/time.h"
#include "release/keys/api_key.h"
#include "sql/transaction.h"

namespace latchkey::release {

struct App {
  std::string id;
  std::string name;
  Instant created_at{};
};

// Fails: invalid_argument (id or name), already_exists.
Status insert_app(sql::Transaction& tx, const App& app);
Result<std::optional<App>> find_app(sql::Transaction& tx, std::string_view id);
Status check_app_exists(sql::Transaction& tx, std::string_view id);  // Fails: not_found
// By id, those of `only` or all of them.
Result<std::vector<App>> list_apps(sql::Transaction& tx, std::string_view only);

struct StoredApiKey {
  std::string id;   // 16 digits of hex; for people
  std::string app;  // empty: all apps
  std::string name;
  Scopes scopes = 0;
  Instant created_at{};

  bool may(Scope scope, std::string_view of_app) const {
    return has_scope(scopes, scope) && (app.empty() || app == of_app);
  }
};
struct NewApiKey {
  StoredApiKey stored;
  ApiKey key;  // shown once
};

// Only a key of all apps may have the scope apps. Fails: invalid_argument, not_found (the app).
Result<NewApiKey> insert_api_key(sql::Transaction& tx, std::string_view app, std::string_view name, Scopes scopes,
                                 Instant now);
Result<std::optional<StoredApiKey>> find_api_key(sql::Transaction& tx, const crypto::Sha256Digest& hash);
Result<std::vector<StoredApiKey>> list_api_keys(sql::Transaction& tx, std::string_view app);
Status delete_api_key(sql::Transaction& tx, std::string_view app, std::string_view id);  // Fails: not_found

}  // namespace latchkey::release
