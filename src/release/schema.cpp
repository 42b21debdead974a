#include "release/schema.h"

#include <array>

namespace latchkey::release {
namespace {

sql::Migration make_tables() {
  return {
      1,
      "apps, keys, repository files, releases, devices",
      {
          // revision: grows with every change to the app's files, so that other processes notice
          "CREATE TABLE release_apps (id TEXT PRIMARY KEY, name TEXT NOT NULL, revision BIGINT NOT NULL, "
          "created_at BIGINT NOT NULL)",
          // app: empty for a key of all apps; hash: SHA-256 of the key
          "CREATE TABLE release_api_keys (id TEXT PRIMARY KEY, app TEXT NOT NULL, name TEXT NOT NULL, "
          "scopes BIGINT NOT NULL, hash BYTEA NOT NULL UNIQUE, created_at BIGINT NOT NULL)",
          "CREATE INDEX release_api_keys_by_app ON release_api_keys (app)",
          // Private keys of the online roles, sealed under the key-encryption key
          "CREATE TABLE release_online_keys (app TEXT NOT NULL, role TEXT NOT NULL, sealed BYTEA NOT NULL, "
          "PRIMARY KEY (app, role))",
          // Everything below /updates/{app}/ but the objects. current_name: the role or target it is the current file
          // of; superseded_at: when it stopped to be
          "CREATE TABLE release_files (app TEXT NOT NULL, path TEXT NOT NULL, content BYTEA NOT NULL, "
          "current_name TEXT, superseded_at BIGINT, PRIMARY KEY (app, path))",
          "CREATE INDEX release_files_current ON release_files (app, current_name)",
          "CREATE INDEX release_files_superseded ON release_files (superseded_at)",
          "CREATE TABLE release_objects (app TEXT NOT NULL, hash BYTEA NOT NULL, size BIGINT NOT NULL, "
          "stored_at BIGINT NOT NULL, PRIMARY KEY (app, hash))",
          // bps, halted, paused, reason: what the policy says; devices, failed: outcomes of devices, each counted once
          "CREATE TABLE release_releases (app TEXT NOT NULL, channel TEXT NOT NULL, id BYTEA NOT NULL, "
          "sequence BIGINT NOT NULL, name TEXT NOT NULL, root BYTEA NOT NULL, published_at BIGINT NOT NULL, "
          "bps BIGINT NOT NULL, halted BIGINT NOT NULL, paused BIGINT NOT NULL, reason TEXT NOT NULL, "
          "activated BIGINT NOT NULL, devices BIGINT NOT NULL, failed BIGINT NOT NULL, not_installed BIGINT NOT NULL, "
          "PRIMARY KEY (app, channel, id))",
          "CREATE UNIQUE INDEX release_releases_by_sequence ON release_releases (app, channel, sequence)",
          // device: its public key; count: the highest it sent
          "CREATE TABLE release_devices (app TEXT NOT NULL, device BYTEA NOT NULL, count BIGINT NOT NULL, "
          "channel TEXT NOT NULL, root BYTEA NOT NULL, seen_at BIGINT NOT NULL, PRIMARY KEY (app, device))",
          "CREATE INDEX release_devices_by_root ON release_devices (app, channel, root)",
          "CREATE INDEX release_devices_by_age ON release_devices (seen_at)",
          // outcome: what counts of the device's reports so far, bits of reports.h
          "CREATE TABLE release_outcomes (app TEXT NOT NULL, channel TEXT NOT NULL, release_id BYTEA NOT NULL, "
          "device BYTEA NOT NULL, outcome BIGINT NOT NULL, PRIMARY KEY (app, channel, release_id, device))",
      }};
}

// A release pauses itself on evidence of several networks; before it was halted on that of any device.
sql::Migration make_evidence() {
  return {2,
          "evidence for pausing",
          {
              // evidence_*: what was heard since the release was published, or last resumed; devices that worked
              // before are in it
              "ALTER TABLE release_releases ADD COLUMN evidence_devices BIGINT NOT NULL DEFAULT 0",
              "ALTER TABLE release_releases ADD COLUMN evidence_failed BIGINT NOT NULL DEFAULT 0",
              "ALTER TABLE release_releases ADD COLUMN evidence_networks BIGINT NOT NULL DEFAULT 0",
              "UPDATE release_releases SET evidence_devices = devices - failed",
              // network: the /24 or /48 that failed devices reported from, 16 bytes; failed: those that are evidence
              "CREATE TABLE release_failing_networks (app TEXT NOT NULL, channel TEXT NOT NULL, release_id BYTEA NOT "
              "NULL, network BYTEA NOT NULL, failed BIGINT NOT NULL, seen_at BIGINT NOT NULL, "
              "PRIMARY KEY (app, channel, release_id, network))",
              "CREATE INDEX release_failing_networks_by_age ON release_failing_networks (seen_at)",
          }};
}

// A channel whose keys were stolen may begin anew under a new root.
sql::Migration make_root_versions() {
  return {3,
          "the roots of releases",
          {
              // root_version: the newest root under which devices could take it; 0: of before this column
              "ALTER TABLE release_releases ADD COLUMN root_version BIGINT NOT NULL DEFAULT 0",
              "DROP INDEX release_releases_by_sequence",
              "CREATE UNIQUE INDEX release_releases_by_sequence ON release_releases (app, channel, root_version, "
              "sequence)",
          }};
}

// A network that was overruled is remembered; before it was forgotten, and could say the same again.
sql::Migration remember_overruled() {
  return {4,
          "networks that were overruled, releases that do not pause themselves",
          {
              // of `failed`, those before the release was last resumed
              "ALTER TABLE release_failing_networks ADD COLUMN overruled BIGINT NOT NULL DEFAULT 0",
              // 0: a person said that it is not to pause itself
              "ALTER TABLE release_releases ADD COLUMN watched BIGINT NOT NULL DEFAULT 1",
          }};
}

}  // namespace

std::span<const sql::Migration> schema() {
  static const std::array migrations{make_tables(), make_evidence(), make_root_versions(), remember_overruled()};
  return migrations;
}

Status migrate(sql::Database& db) { return sql::migrate(db, "release", schema()); }

}  // namespace latchkey::release
