#include "release/catalog/repository_store.h"

namespace latchkey::release {
namespace {

std::string label_of(std::string_view app, std::string_view role) {
  return "latchkey/release-key/" + std::string(app) + "/" + std::string(role);
}

std::string next_of(std::string_view role) { return "next-" + std::string(role); }

bool is_online_role(std::string_view role) {
  return role == tuf::snapshot_role || role == tuf::timestamp_role || role == policy_key_role;
}

Status insert_key(sql::Transaction& tx, std::string_view app, std::string_view role, const crypto::SigningKey& key,
                  const KeySeal& seal) {
  TRY(const auto der, key.to_pkcs8());
  TRY(const auto sealed, seal.seal(label_of(app, role), der.reveal()));
  return tx.execute("INSERT INTO release_online_keys (app, role, sealed) VALUES ($1, $2, $3)", app, role, sealed)
      .map([](auto) {});
}

Status delete_role_key(sql::Transaction& tx, std::string_view app, std::string_view role) {
  return tx.execute("DELETE FROM release_online_keys WHERE app = $1 AND role = $2", app, role).map([](auto) {});
}

Result<crypto::SigningKey> load_key(sql::Transaction& tx, std::string_view app, std::string_view role,
                                    const KeySeal& seal) {
  TRY(const auto rows, tx.query("SELECT sealed FROM release_online_keys WHERE app = $1 AND role = $2", app, role));
  if (rows.is_empty()) return fail(Code::not_found, "app");
  TRY(const auto sealed, rows[0].get<ByteView>(0));
  TRY(const auto der, seal.unseal(label_of(app, role), sealed));
  return crypto::SigningKey::from_pkcs8(crypto::SignatureAlgorithm::ed25519, der);
}

}  // namespace

Status insert_online_keys(sql::Transaction& tx, std::string_view app, const KeySeal& seal) {
  for (const std::string_view role : {tuf::snapshot_role, tuf::timestamp_role, policy_key_role}) {
    TRY(const auto key, crypto::SigningKey::generate(crypto::SignatureAlgorithm::ed25519));
    TRY_DO(insert_key(tx, app, role, key, seal));
  }
  return {};
}

Status insert_next_keys(sql::Transaction& tx, std::string_view app, std::span<const std::string> roles,
                        const KeySeal& seal) {
  TRY_DO(lock_app(tx, app));
  for (const std::string& role : roles) {
    if (!is_online_role(role)) return fail(Code::invalid_argument, "the server's roles: snapshot, timestamp, policy");
    const auto waiting = load_key(tx, app, next_of(role), seal);
    if (waiting) return fail(Code::already_exists, "a new key for " + role + " waits to be named already");
    if (waiting.error().code != Code::not_found) return tl::unexpected(waiting.error());
    TRY(const auto key, crypto::SigningKey::generate(crypto::SignatureAlgorithm::ed25519));
    TRY_DO(insert_key(tx, app, next_of(role), key, seal));
  }
  return {};
}

Result<NextKeys> load_next_keys(sql::Transaction& tx, std::string_view app, const KeySeal& seal) {
  NextKeys keys;
  for (const auto& [role, slot] : {std::pair(tuf::snapshot_role, &keys.snapshot),
                                   {tuf::timestamp_role, &keys.timestamp},
                                   {policy_key_role, &keys.policy}}) {
    auto key = load_key(tx, app, next_of(role), seal);
    if (!key && key.error().code == Code::not_found) continue;
    TRY(*slot, std::move(key));
  }
  return keys;
}

Status adopt_next_keys(sql::Transaction& tx, std::string_view app, std::span<const std::string> roles,
                       const KeySeal& seal) {
  for (const std::string& role : roles) {
    TRY(const auto key, load_key(tx, app, next_of(role), seal));
    TRY_DO(delete_role_key(tx, app, role));
    TRY_DO(delete_role_key(tx, app, next_of(role)));
    TRY_DO(insert_key(tx, app, role, key, seal));
  }
  return {};
}

Result<std::int64_t> drop_next_keys(sql::Transaction& tx, std::string_view app) {
  TRY(const auto dropped, tx.execute("DELETE FROM release_online_keys WHERE app = $1 AND role LIKE 'next-%'", app));
  return static_cast<std::int64_t>(dropped);
}

Result<OnlineKeys> load_online_keys(sql::Transaction& tx, std::string_view app, const KeySeal& seal) {
  TRY(auto snapshot, load_key(tx, app, tuf::snapshot_role, seal));
  TRY(auto timestamp, load_key(tx, app, tuf::timestamp_role, seal));
  TRY(auto policy, load_key(tx, app, policy_key_role, seal));
  return OnlineKeys{std::move(snapshot), std::move(timestamp), std::move(policy)};
}

Status lock_app(sql::Transaction& tx, std::string_view app) {
  TRY(const auto found, tx.execute("UPDATE release_apps SET revision = revision WHERE id = $1", app));
  if (found == 0) return fail(Code::not_found, "app");
  return {};
}

Result<Repository> load_repository(sql::Transaction& tx, std::string_view app) {
  TRY(const auto rows, tx.query("SELECT current_name, path, content FROM release_files "
                                "WHERE app = $1 AND current_name IS NOT NULL",
                                app));
  Repository repository{std::string(app)};
  for (const sql::Row row : rows) {
    TRY(auto values, (row.as<std::string, std::string, Bytes>()));
    auto& [name, path, content] = values;
    repository.restore(std::move(name), {std::move(path), std::move(content)});
  }
  return repository;
}

Status save_changes(sql::Transaction& tx, const Repository& repository, Instant now) {
  if (repository.changes().empty()) return {};
  for (const auto& [name, file] : repository.changes()) {
    TRY_DO(
        tx.execute("UPDATE release_files SET current_name = NULL, superseded_at = $3 "
                   "WHERE app = $1 AND current_name = $2",
                   repository.app(), name, now));
    // A target may come back (the same channels.json again), and timestamp.json keeps its name.
    TRY_DO(
        tx.execute("INSERT INTO release_files (app, path, content, current_name, superseded_at) "
                   "VALUES ($1, $2, $3, $4, NULL) ON CONFLICT (app, path) DO UPDATE SET "
                   "content = excluded.content, current_name = excluded.current_name, superseded_at = NULL",
                   repository.app(), file.path, file.bytes, name));
  }
  TRY_DO(tx.execute("UPDATE release_apps SET revision = revision + 1 WHERE id = $1", repository.app()));
  return {};
}

Result<std::optional<Bytes>> find_file(sql::Transaction& tx, std::string_view app, std::string_view path) {
  TRY(const auto rows, tx.query("SELECT content FROM release_files WHERE app = $1 AND path = $2", app, path));
  if (rows.is_empty()) return std::nullopt;
  TRY(auto content, rows[0].get<Bytes>(0));
  return content;
}

Status drop_old_files(sql::Transaction& tx, Instant before) {
  TRY_DO(tx.execute("DELETE FROM release_files WHERE superseded_at <= $1 AND path NOT LIKE 'metadata/%.root.json'",
                    before));
  return {};
}

Result<std::vector<AppRevision>> list_revisions(sql::Transaction& tx) {
  TRY(const auto rows, tx.query("SELECT id, revision FROM release_apps"));
  std::vector<AppRevision> all;
  for (const sql::Row row : rows) {
    TRY(auto values, (row.as<std::string, std::int64_t>()));
    all.push_back({std::move(std::get<0>(values)), std::get<1>(values)});
  }
  return all;
}

}  // namespace latchkey::release
