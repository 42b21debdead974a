#include "identity/schema.h"

namespace latchkey::identity {

// Lists of URIs, scopes and resources are texts separated by one space.
sql::Migration make_token_tables() {
  return {
      1,
      "clients, codes, token families, keys, audit log",
      {
          "CREATE TABLE clients (id TEXT PRIMARY KEY, name TEXT NOT NULL, kind BIGINT NOT NULL, secret_hash BYTEA, "
          "redirect_uris TEXT NOT NULL, post_logout_redirect_uris TEXT NOT NULL, grants BIGINT NOT NULL, "
          "scopes TEXT NOT NULL, resources TEXT NOT NULL, requires_dpop BIGINT NOT NULL, "
          "may_introspect BIGINT NOT NULL, is_first_party BIGINT NOT NULL, is_enabled BIGINT NOT NULL, "
          "created_at BIGINT NOT NULL)",
          // Grows with every change to the clients, so that other processes notice
          "CREATE TABLE client_revision (id BIGINT PRIMARY KEY, value BIGINT NOT NULL)",
          "INSERT INTO client_revision (id, value) VALUES (1, 0)",
          // code_hash: SHA-256 of the code; family_id: set by its use
          "CREATE TABLE authorization_codes (code_hash BYTEA PRIMARY KEY, client_id TEXT NOT NULL, "
          "user_id TEXT NOT NULL, sid TEXT NOT NULL, redirect_uri TEXT NOT NULL, code_challenge TEXT NOT NULL, "
          "jkt TEXT NOT NULL, scope TEXT NOT NULL, resource TEXT NOT NULL, nonce TEXT NOT NULL, "
          "authenticated_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, family_id BYTEA) WITHOUT ROWID",
          "CREATE INDEX authorization_codes_by_expiry ON authorization_codes (expires_at)",
          // One row per family; family.h tells what the columns mean
          "CREATE TABLE families (id BYTEA PRIMARY KEY, sid TEXT NOT NULL, user_id TEXT NOT NULL, "
          "client_id TEXT NOT NULL, jkt TEXT NOT NULL, salt BYTEA NOT NULL, scope TEXT NOT NULL, "
          "resource TEXT NOT NULL, authenticated_at BIGINT NOT NULL, gen BIGINT NOT NULL, att BIGINT NOT NULL, "
          "prev_att BIGINT NOT NULL, rot_at BIGINT NOT NULL, iss_at BIGINT NOT NULL, seen_gen BIGINT NOT NULL, "
          "created_at BIGINT NOT NULL, idle_exp BIGINT NOT NULL, abs_exp BIGINT NOT NULL, rev BIGINT NOT NULL, "
          "rev_reason BIGINT NOT NULL, rev_at BIGINT) WITHOUT ROWID",
          "CREATE INDEX families_by_session ON families (sid)",
          "CREATE INDEX families_by_user ON families (user_id)",
          "CREATE INDEX families_by_end ON families (abs_exp)",
          "CREATE TABLE revoked_access_tokens (token_id TEXT PRIMARY KEY, expires_at BIGINT NOT NULL) WITHOUT ROWID",
          "CREATE INDEX revoked_access_tokens_by_expiry ON revoked_access_tokens (expires_at)",
          // Private and symmetric keys, sealed under the key-encryption key (key_encryption.h)
          "CREATE TABLE signing_keys (kid TEXT PRIMARY KEY, sealed BYTEA NOT NULL, signs_from BIGINT NOT NULL, "
          "signs_until BIGINT NOT NULL, gone_at BIGINT NOT NULL)",
          "CREATE TABLE refresh_keys (key_id BIGINT PRIMARY KEY, sealed BYTEA NOT NULL, created_at BIGINT NOT NULL)",
          "CREATE TABLE audit_log (number BIGINT PRIMARY KEY, at BIGINT NOT NULL, event TEXT NOT NULL, "
          "user_id TEXT NOT NULL, client_id TEXT NOT NULL, sid TEXT NOT NULL, detail TEXT NOT NULL, "
          "notify BIGINT NOT NULL, hash BYTEA NOT NULL)",
          "CREATE INDEX audit_log_by_user ON audit_log (user_id, notify, number)",
      }};
}

}  // namespace latchkey::identity
