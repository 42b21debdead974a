#include "release/catalog/apps.h"

#include "crypto/random.h"
#include "protocol/limits/release.h"
#include "protocol/release/names.h"

namespace latchkey::release {
namespace {

Result<App> read_app(const sql::Row& row) {
  TRY(auto values, (row.as<std::string, std::string, Instant>()));
  auto& [id, name, created_at] = values;
  return App{std::move(id), std::move(name), created_at};
}

Result<StoredApiKey> read_key(const sql::Row& row) {
  TRY(auto values, (row.as<std::string, std::string, std::string, std::uint8_t, Instant>()));
  auto& [id, app, name, scopes, created_at] = values;
  return StoredApiKey{std::move(id), std::move(app), std::move(name), scopes, created_at};
}

template <class T>
Result<std::vector<T>> read_all(const sql::Rows& rows, Result<T> (*read)(const sql::Row&)) {
  std::vector<T> all;
  for (const sql::Row row : rows) {
    TRY(T one, read(row));
    all.push_back(std::move(one));
  }
  return all;
}

Status check_name(std::string_view name) {
  if (!protocol::release::check_line(name, protocol::limits::app_name_bytes))
    return fail(Code::invalid_argument, "name");
  return {};
}

}  // namespace

Status insert_app(sql::Transaction& tx, const App& app) {
  if (!protocol::release::check_app_id(app.id)) return fail(Code::invalid_argument, "app id");
  TRY_DO(check_name(app.name));
  TRY(const auto added, tx.execute("INSERT INTO release_apps (id, name, revision, created_at) VALUES ($1, $2, 0, $3) "
                                   "ON CONFLICT (id) DO NOTHING",
                                   app.id, app.name, app.created_at));
  if (added == 0) return fail(Code::already_exists, "app");
  return {};
}

Result<std::optional<App>> find_app(sql::Transaction& tx, std::string_view id) {
  TRY(const auto rows, tx.query("SELECT id, name, created_at FROM release_apps WHERE id = $1", id));
  if (rows.is_empty()) return std::nullopt;
  return read_app(rows[0]);
}

Status check_app_exists(sql::Transaction& tx, std::string_view id) {
  TRY(const auto app, find_app(tx, id));
  if (!app) return fail(Code::not_found, "app");
  return {};
}

Result<std::vector<App>> list_apps(sql::Transaction& tx, std::string_view only) {
  TRY(const auto rows,
      tx.query("SELECT id, name, created_at FROM release_apps WHERE $1 = '' OR id = $1 ORDER BY id", only));
  return read_all<App>(rows, read_app);
}

Result<NewApiKey> insert_api_key(sql::Transaction& tx, std::string_view app, std::string_view name, Scopes scopes,
                                 Instant now) {
  TRY_DO(check_name(name));
  if (has_scope(scopes, Scope::apps) && !app.empty())
    return fail(Code::invalid_argument, "the scope apps is for all apps");
  if (!app.empty()) TRY_DO(check_app_exists(tx, app));
  ApiKey key = generate_api_key();
  StoredApiKey stored{to_hex(crypto::random_array<8>()), std::string(app), std::string(name), scopes, now};
  TRY_DO(tx.execute(
      "INSERT INTO release_api_keys (id, app, name, scopes, hash, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
      stored.id, stored.app, stored.name, scopes, hash_of(key.reveal_text()), now));
  return NewApiKey{std::move(stored), std::move(key)};
}

Result<std::optional<StoredApiKey>> find_api_key(sql::Transaction& tx, const crypto::Sha256Digest& hash) {
  TRY(const auto rows,
      tx.query("SELECT id, app, name, scopes, created_at FROM release_api_keys WHERE hash = $1", hash));
  if (rows.is_empty()) return std::nullopt;
  return read_key(rows[0]);
}

Result<std::vector<StoredApiKey>> list_api_keys(sql::Transaction& tx, std::string_view app) {
  TRY(const auto rows, tx.query("SELECT id, app, name, scopes, created_at FROM release_api_keys WHERE app = $1 "
                                "ORDER BY created_at, id",
                                app));
  return read_all<StoredApiKey>(rows, read_key);
}

Status delete_api_key(sql::Transaction& tx, std::string_view app, std::string_view id) {
  TRY(const auto deleted, tx.execute("DELETE FROM release_api_keys WHERE app = $1 AND id = $2", app, id));
  if (deleted == 0) return fail(Code::not_found, "API key");
  return {};
}

}  // namespace latchkey::release
