#include "identity/schema.h"

namespace latchkey::identity {

sql::Migration make_account_tables() {
  return {2,
          "accounts and sign-in",
          {
              // status and role as in account_store.h
              "CREATE TABLE accounts (id TEXT PRIMARY KEY, login_name TEXT NOT NULL UNIQUE, status BIGINT NOT NULL, "
              "role BIGINT NOT NULL, created_at BIGINT NOT NULL)",
              "CREATE TABLE passwords (user_id TEXT PRIMARY KEY REFERENCES accounts (id), phc TEXT NOT NULL, "
              "changed_at BIGINT NOT NULL)",
              // token_hash: SHA-256 of the link's secret; user_id NULL: the person chooses a login name
              "CREATE TABLE invites (token_hash BYTEA PRIMARY KEY, user_id TEXT REFERENCES accounts (id), "
              "role BIGINT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT)",
              // cookie_hash: SHA-256 of the cookie; fresh_request: SHA-256 of the authorization request this session
              // has just signed in for
              "CREATE TABLE browser_sessions (cookie_hash BYTEA PRIMARY KEY, sid TEXT NOT NULL UNIQUE, "
              "user_id TEXT NOT NULL REFERENCES accounts (id), device TEXT NOT NULL, created_at BIGINT NOT NULL, "
              "last_seen_at BIGINT NOT NULL, authenticated_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, "
              "fresh_request BYTEA)",
              "CREATE INDEX browser_sessions_by_user ON browser_sessions (user_id)",
              "CREATE INDEX browser_sessions_by_expiry ON browser_sessions (expires_at)",
              "CREATE TABLE remembered_devices (device_hash BYTEA PRIMARY KEY, "
              "user_id TEXT NOT NULL REFERENCES accounts (id), created_at BIGINT NOT NULL)",
              "CREATE INDEX remembered_devices_by_user ON remembered_devices (user_id)",
              // A bucket without a row is full; full_at: when it is full again
              "CREATE TABLE attempt_buckets (bucket BYTEA PRIMARY KEY, full_at BIGINT NOT NULL) WITHOUT ROWID",
              "CREATE INDEX attempt_buckets_by_time ON attempt_buckets (full_at)",
              "CREATE TABLE consents (user_id TEXT NOT NULL REFERENCES accounts (id), client_id TEXT NOT NULL, "
              "scope TEXT NOT NULL, granted_at BIGINT NOT NULL, PRIMARY KEY (user_id, client_id))",
              // Forms that may be sent once, by SHA-256 of their token, until the token has expired
              "CREATE TABLE used_forms (token_hash BYTEA PRIMARY KEY, expires_at BIGINT NOT NULL)",
              // Sealed under the server's key-encryption key, by name
              "CREATE TABLE sign_in_secrets (name TEXT PRIMARY KEY, sealed BYTEA NOT NULL)",
          }};
}

// Housekeeping looks for these every minute.
sql::Migration make_housekeeping_indexes() {
  return {3,
          "indexes for housekeeping",
          {"CREATE INDEX remembered_devices_by_time ON remembered_devices (created_at)",
           "CREATE INDEX browser_sessions_by_use ON browser_sessions (last_seen_at)"}};
}

}  // namespace latchkey::identity
