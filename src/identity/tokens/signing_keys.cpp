#include "identity/tokens/signing_keys.h"

#include <algorithm>

#include "protocol/limits.h"

namespace latchkey::identity {
namespace jose = protocol::jose;
namespace {

constexpr auto jwks_max_age = std::chrono::hours(1);  // far below publish_before_use

std::string label_of(std::string_view key_id) { return "latchkey/signing-key/" + std::string(key_id); }

Status insert_key(sql::Transaction& tx, const KeyEncryption& encryption, Instant from, const SigningKeyPolicy& policy) {
  TRY(const auto key, crypto::SigningKey::generate(crypto::SignatureAlgorithm::es256));
  TRY(const auto der, key.to_pkcs8());
  const std::string id = jose::Jwk::of(key).thumbprint();
  TRY(const auto sealed, encryption.seal(label_of(id), der.reveal()));
  const Instant until = from + policy.use;
  TRY_DO(
      tx.execute("INSERT INTO signing_keys (kid, sealed, signs_from, signs_until, gone_at) "
                 "VALUES ($1, $2, $3, $4, $5)",
                 id, sealed, from, until, until + policy.keep_after_use));
  return {};
}

// The keys to publish, after adding the next one when the newest is about to stop signing.
Result<sql::Rows> update_keys(sql::Transaction& tx, const KeyEncryption& encryption, const SigningKeyPolicy& policy,
                              Instant now) {
  TRY_DO(tx.execute("DELETE FROM signing_keys WHERE gone_at <= $1", now));
  TRY(const sql::Rows last, tx.query("SELECT COALESCE(MAX(signs_until), 0) FROM signing_keys"));
  TRY(const auto covered_until, last[0].get<Instant>(0));
  if (covered_until <= now + policy.publish_before_use)
    TRY_DO(insert_key(tx, encryption, std::max(covered_until, now), policy));
  return tx.query("SELECT kid, sealed, signs_from, signs_until FROM signing_keys ORDER BY signs_from");
}

std::shared_ptr<const PublishedKey> find_loaded(const KeySet* loaded, std::string_view id) {
  if (loaded == nullptr) return nullptr;
  for (const auto& key : loaded->keys)
    if (key->jwk.kid() == id) return key;
  return nullptr;
}

Result<std::shared_ptr<const PublishedKey>> open_key(const sql::Row& row, const KeyEncryption& encryption,
                                                     const KeySet* loaded) {
  TRY(const auto values, (row.as<std::string_view, ByteView, Instant, Instant>()));
  const auto& [id, sealed, from, until] = values;
  if (auto known = find_loaded(loaded, id)) return known;
  TRY(const auto der, encryption.unseal(label_of(id), sealed));
  TRY(auto key, crypto::SigningKey::from_pkcs8(crypto::SignatureAlgorithm::es256, der));
  return std::make_shared<const PublishedKey>(std::move(key), from, until);
}

Result<std::shared_ptr<const KeySet>> open_keys(const sql::Rows& rows, const KeyEncryption& encryption,
                                                const KeySet* loaded) {
  std::vector<std::shared_ptr<const PublishedKey>> keys;
  jose::Jwks verifying;
  for (const sql::Row row : rows) {
    TRY(auto key, open_key(row, encryption, loaded));
    TRY_DO(verifying.add(key->jwk));
    keys.push_back(std::move(key));
  }
  auto body = http::CachedBody::create(verifying.print(), "application/json", jwks_max_age);
  return std::make_shared<const KeySet>(KeySet{std::move(keys), std::move(verifying), std::move(body)});
}

}  // namespace

PublishedKey::PublishedKey(crypto::SigningKey signing_key, Instant from, Instant until)
    : key(std::move(signing_key)),
      jwk(jose::Jwk::of(key)),
      access_tokens(key, {.typ = std::string(typ_of(jose::JwtUse::access_token)), .kid = jwk.kid()}),
      id_tokens(key, {.typ = std::string(typ_of(jose::JwtUse::id_token)), .kid = jwk.kid()}),
      status_lists(key, {.typ = std::string(typ_of(jose::JwtUse::status_list)), .kid = jwk.kid()}),
      logout_tokens(key, {.typ = std::string(typ_of(jose::JwtUse::logout_token)), .kid = jwk.kid()}),
      security_events(key, {.typ = std::string(typ_of(jose::JwtUse::security_event)), .kid = jwk.kid()}),
      signs_from(from),
      signs_until(until) {}

Result<const PublishedKey*> KeySet::signing_at(Instant now) const {
  // Their times follow each other. When even the first is yet to come, the clock has stepped back: it signs.
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const auto& key) { return now < key->signs_until; });
  if (found == keys.end()) return fail(Code::temporarily_unavailable, "no signing key is in use");
  return found->get();
}

Result<jose::Claims> KeySet::verify(std::string_view jwt, jose::JwtUse use) const {
  namespace limits = protocol::limits;
  const auto refused = [](std::string_view why) { return fail(Code::invalid_token, why); };
  const auto jws = jose::UnverifiedJws::parse(jwt);
  if (!jws || !typ_matches(use, jws->header().typ)) return refused("not a token of that kind");
  const auto* key = verifying.find(jws->header().kid, jws->header().algorithm);
  if (key == nullptr || jws->header().kid.empty()) return refused("not signed by this server");
  const auto payload = jws->verify(key->key);
  if (!payload) return refused("not signed by this server");
  auto object = protocol::json::parse_object(*payload, {limits::jwt_bytes, limits::jwt_depth, limits::jwt_members});
  if (!object) return refused("malformed claims");
  return jose::Claims(*std::move(object));
}

Result<std::unique_ptr<SigningKeys>> SigningKeys::open(sql::Database& db, const KeyEncryption& encryption,
                                                       SigningKeyPolicy policy, Instant now) {
  std::unique_ptr<SigningKeys> keys(new SigningKeys(db, encryption, policy));
  TRY_DO(keys->rotate_if_due(now));
  return keys;
}

std::shared_ptr<const KeySet> SigningKeys::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

Status SigningKeys::rotate_if_due(Instant now) {
  auto work = [&](sql::Transaction& tx) { return update_keys(tx, encryption_, policy_, now); };
  TRY(const sql::Rows rows, db_.write(work).get());
  const auto loaded = current();
  TRY(auto next, open_keys(rows, encryption_, loaded.get()));
  const std::lock_guard lock(mutex_);
  current_ = std::move(next);
  return {};
}

}  // namespace latchkey::identity
