#include "identity/clients/client_store.h"

#include <algorithm>

#include "base/base64url.h"
#include "base/wiping.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "identity/audit_log.h"

namespace latchkey::identity {
namespace {

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

template <class T>
Status take(const sql::Row& row, std::size_t column, T& into) {
  TRY(into, row.get<T>(column));
  return {};
}

Result<Client> read_client(const sql::Row& row) {
  Client client;
  std::uint8_t kind = 0;
  std::optional<ByteArray<32>> secret_hash;
  std::string redirect_uris, logout_uris, scopes, resources;
  TRY_DO(take(row, 0, client.id));
  TRY_DO(take(row, 1, client.name));
  TRY_DO(take(row, 2, kind));
  TRY_DO(take(row, 3, secret_hash));
  TRY_DO(take(row, 4, redirect_uris));
  TRY_DO(take(row, 5, logout_uris));
  TRY_DO(take(row, 6, client.grants));
  TRY_DO(take(row, 7, scopes));
  TRY_DO(take(row, 8, resources));
  TRY_DO(take(row, 9, client.requires_dpop));
  TRY_DO(take(row, 10, client.may_introspect));
  TRY_DO(take(row, 11, client.is_first_party));
  TRY_DO(take(row, 12, client.is_enabled));
  TRY_DO(take(row, 13, client.backchannel_logout_uri));
  client.kind = kind == 0 ? ClientKind::public_client : ClientKind::confidential;
  client.secret_hash = secret_hash.value_or(ByteArray<32>{});
  client.redirect_uris = split(redirect_uris);
  client.post_logout_redirect_uris = split(logout_uris);
  client.scopes = split(scopes);
  client.resources = split(resources);
  return client;
}

// How many rows were added: 0 when the id is taken.
Result<std::int64_t> insert_client(sql::Transaction& tx, const Client& c, Instant now) {
  const auto secret_hash =
      c.kind == ClientKind::confidential ? std::optional<ByteView>(c.secret_hash) : std::optional<ByteView>();
  return tx.execute(
      "INSERT INTO clients (id, name, kind, secret_hash, redirect_uris, post_logout_redirect_uris, grants, scopes, "
      "resources, requires_dpop, may_introspect, is_first_party, is_enabled, created_at, backchannel_logout_uri) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT (id) DO NOTHING",
      c.id, c.name, static_cast<std::uint8_t>(c.kind), secret_hash, join(c.redirect_uris),
      join(c.post_logout_redirect_uris), c.grants, join(c.scopes), join(c.resources), c.requires_dpop, c.may_introspect,
      c.is_first_party, c.is_enabled, now, c.backchannel_logout_uri);
}

Status note_change(sql::Transaction& tx) {
  TRY_DO(tx.execute("UPDATE client_revision SET value = value + 1 WHERE id = 1"));
  return {};
}

Result<std::int64_t> find_revision(sql::Transaction& tx) {
  TRY(const sql::Rows rows, tx.query("SELECT value FROM client_revision WHERE id = 1"));
  if (rows.is_empty()) return fail(Code::storage_corrupted, "the client revision is missing");
  return rows[0].get<std::int64_t>(0);
}

Client make_default_client() {
  Client client;
  client.id = ClientId(std::string(default_client_id));
  client.name = "Latchkey command line";
  client.redirect_uris = {"http://127.0.0.1/callback", "http://[::1]/callback"};
  client.grants =
      static_cast<std::uint8_t>(GrantType::authorization_code) | static_cast<std::uint8_t>(GrantType::refresh_token);
  client.scopes = {"openid", "profile", "email", "offline_access"};
  client.is_first_party = true;
  return client;
}

}  // namespace

Result<std::unique_ptr<ClientStore>> ClientStore::open(sql::Database& db, Instant now) {
  auto work = [&](sql::Transaction& tx) -> Status {
    TRY(const auto added, insert_client(tx, make_default_client(), now));
    return added == 0 ? Status() : note_change(tx);
  };
  TRY_DO(db.write(work).get());
  std::unique_ptr<ClientStore> store(new ClientStore(db));
  TRY_DO(store->load());
  return store;
}

std::shared_ptr<const ClientStore::Map> ClientStore::map() const {
  const std::lock_guard lock(mutex_);
  return clients_;
}

std::shared_ptr<const Client> ClientStore::find(std::string_view id) const {
  const auto clients = map();
  const auto found = clients->find(std::string(id));
  if (found == clients->end() || !found->second->is_enabled) return nullptr;
  return found->second;
}

std::vector<std::shared_ptr<const Client>> ClientStore::list() const {
  std::vector<std::shared_ptr<const Client>> all;
  for (const auto& [id, client] : *map()) all.push_back(client);
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a->id < b->id; });
  return all;
}

Result<NewClient> ClientStore::add(Client client, Instant now) {
  NewClient made;
  if (client.id.value().empty()) client.id = ClientId(to_base64url(crypto::random_array<16>()));
  if (client.kind == ClientKind::confidential) {
    const auto random = crypto::random_secret<struct ClientSecretBytesTag>(32);
    WipedString text("lks_");  // lets secret scanners find it
    append_base64url(text, random.reveal());
    made.secret = ClientSecret::copy_of(text);
    client.secret_hash = crypto::sha256(as_bytes(text));
  }
  TRY_DO(check_client(client));
  auto work = [&](sql::Transaction& tx) -> Status {
    TRY(const auto added, insert_client(tx, client, now));
    if (added == 0) return fail(Code::already_exists, "a client of that id exists");
    TRY_DO(append_audit(tx, {"client added", {}, client.id, {}, "", Notify::no}, now));
    return note_change(tx);
  };
  TRY_DO(db_.write(work).get());
  TRY_DO(load());
  made.client = std::move(client);
  return made;
}

Status ClientStore::set_enabled(const ClientId& id, bool enabled, Instant now) {
  auto work = [&](sql::Transaction& tx) -> Status {
    TRY(const auto changed, tx.execute("UPDATE clients SET is_enabled = $2 WHERE id = $1", id, enabled));
    if (changed == 0) return fail(Code::not_found, "no client of that id");
    TRY_DO(append_audit(tx, {enabled ? "client enabled" : "client disabled", {}, id, {}, "", Notify::no}, now));
    return note_change(tx);
  };
  TRY_DO(db_.write(work).get());
  return load();
}

Status ClientStore::load() {
  std::int64_t revision = 0;
  auto work = [&](sql::Transaction& tx) -> Result<sql::Rows> {
    TRY(revision, find_revision(tx));
    return tx.query(
        "SELECT id, name, kind, secret_hash, redirect_uris, post_logout_redirect_uris, grants, scopes, resources, "
        "requires_dpop, may_introspect, is_first_party, is_enabled, backchannel_logout_uri FROM clients");
  };
  TRY(const sql::Rows rows, db_.read(work).get());
  auto clients = std::make_shared<Map>();
  for (const sql::Row row : rows) {
    TRY(auto client, read_client(row));
    auto id = client.id.value();
    clients->emplace(std::move(id), std::make_shared<const Client>(std::move(client)));
  }
  const std::lock_guard lock(mutex_);
  if (revision < revision_) return {};  // another thread loaded something newer
  clients_ = std::move(clients);
  revision_ = revision;
  return {};
}

Status ClientStore::refresh_if_changed() {
  TRY(const auto revision, db_.read([](sql::Transaction& tx) { return find_revision(tx); }).get());
  {
    const std::lock_guard lock(mutex_);
    if (revision == revision_) return {};
  }
  return load();
}

}  // namespace latchkey::identity
