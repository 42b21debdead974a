#include "release/catalog/releases.h"

namespace latchkey::release {

using protocol::release::Policy;
using protocol::release::PolicyEntry;
using protocol::release::ReleaseDescriptor;

namespace {

// A device on anything older than this many releases gets the newest anyway.
constexpr int releases_in_policy = 16;

constexpr std::string_view find_one =
    "SELECT channel, id, bps, halted, paused, reason, sequence, name, root, published_at, devices, failed, activated, "
    "not_installed, evidence_devices, evidence_failed, evidence_networks, root_version, "
    "watched FROM release_releases WHERE app = $1 AND channel = $2 AND id = $3";
constexpr std::string_view find_newest =
    "SELECT channel, id, bps, halted, paused, reason, sequence, name, root, published_at, devices, failed, activated, "
    "not_installed, evidence_devices, evidence_failed, evidence_networks, root_version, "
    "watched FROM release_releases WHERE app = $1 AND channel = $2 ORDER BY root_version DESC, sequence DESC LIMIT $3";

Result<std::uint64_t> read_count(const sql::Row& row, std::size_t column) {
  TRY(const auto count, row.get<std::int64_t>(column));
  return static_cast<std::uint64_t>(count);
}

Result<StoredRelease> read_release_row(const sql::Row& row) {
  StoredRelease release;
  TRY(release.channel, row.get<std::string>(0));
  TRY(release.state.id, row.get<ReleaseId>(1));
  TRY(release.state.bps, row.get<std::uint32_t>(2));
  TRY(release.state.halted, row.get<bool>(3));
  TRY(release.state.paused, row.get<bool>(4));
  TRY(release.state.reason, row.get<std::string>(5));
  TRY(release.sequence, read_count(row, 6));
  TRY(release.name, row.get<std::string>(7));
  TRY(release.root, row.get<protocol::release::TreeRoot>(8));
  TRY(release.published_at, row.get<Instant>(9));
  TRY(release.outcomes.devices, read_count(row, 10));
  TRY(release.outcomes.failed, read_count(row, 11));
  TRY(release.activated, read_count(row, 12));
  TRY(release.not_installed, read_count(row, 13));
  TRY(release.evidence.outcomes.devices, read_count(row, 14));
  TRY(release.evidence.outcomes.failed, read_count(row, 15));
  TRY(release.evidence.networks, read_count(row, 16));
  TRY(release.root_version, row.get<std::int64_t>(17));
  TRY(release.is_watched, row.get<bool>(18));
  return release;
}

}  // namespace

Status insert_release(sql::Transaction& tx, const ReleaseDescriptor& release, std::int64_t root_version, Instant now) {
  TRY(const auto added,
      tx.execute("INSERT INTO release_releases (app, channel, id, sequence, name, root, published_at, bps, halted, "
                 "paused, reason, activated, devices, failed, not_installed, root_version) "
                 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, '', 0, 0, 0, 0, $9) ON CONFLICT DO NOTHING",
                 release.app, release.channel, release.terms.id, static_cast<std::int64_t>(release.sequence),
                 release.name, release.tree.root, now, protocol::release::everybody, root_version));
  if (added == 0) return fail(Code::already_exists, "release");
  return {};
}

Status update_root_version(sql::Transaction& tx, const ReleaseDescriptor& release, std::int64_t root_version) {
  TRY_DO(tx.execute("UPDATE release_releases SET root_version = $4 WHERE app = $1 AND channel = $2 AND id = $3",
                    release.app, release.channel, release.terms.id, root_version));
  return {};
}

Result<std::optional<StoredRelease>> find_release(sql::Transaction& tx, std::string_view app, std::string_view channel,
                                                  const ReleaseId& id) {
  TRY(const auto rows, tx.query(find_one, app, channel, id));
  if (rows.is_empty()) return std::nullopt;
  return read_release_row(rows[0]);
}

Result<std::vector<StoredRelease>> list_releases(sql::Transaction& tx, std::string_view app, std::string_view channel,
                                                 int limit) {
  TRY(const auto rows, tx.query(find_newest, app, channel, limit));
  std::vector<StoredRelease> all;
  for (const sql::Row row : rows) {
    TRY(auto release, read_release_row(row));
    all.push_back(std::move(release));
  }
  return all;
}

Status update_state(sql::Transaction& tx, std::string_view app, std::string_view channel, const PolicyEntry& state) {
  TRY(const auto updated, tx.execute("UPDATE release_releases SET bps = $4, halted = $5, paused = $6, reason = $7 "
                                     "WHERE app = $1 AND channel = $2 AND id = $3",
                                     app, channel, state.id, state.bps, state.halted, state.paused, state.reason));
  if (updated == 0) return fail(Code::not_found, "release");
  return {};
}

Status update_watch(sql::Transaction& tx, std::string_view app, std::string_view channel, const ReleaseId& id,
                    bool is_watched) {
  TRY_DO(tx.execute("UPDATE release_releases SET watched = $4 WHERE app = $1 AND channel = $2 AND id = $3", app,
                    channel, id, is_watched));
  return {};
}

Result<Policy> make_policy(sql::Transaction& tx, std::string_view app, std::string_view channel) {
  TRY(const auto releases, list_releases(tx, app, channel, releases_in_policy));
  Policy policy{.app = std::string(app), .channel = std::string(channel)};
  for (const auto& release : releases) policy.releases.push_back(release.state);
  return policy;
}

Status insert_object(sql::Transaction& tx, std::string_view app, const protocol::release::ObjectId& id,
                     std::uint64_t size, Instant now) {
  TRY_DO(
      tx.execute("INSERT INTO release_objects (app, hash, size, stored_at) VALUES ($1, $2, $3, $4) "
                 "ON CONFLICT (app, hash) DO NOTHING",
                 app, id, static_cast<std::int64_t>(size), now));
  return {};
}

Result<std::optional<std::uint64_t>> find_object_size(sql::Transaction& tx, std::string_view app,
                                                      const protocol::release::ObjectId& id) {
  TRY(const auto rows, tx.query("SELECT size FROM release_objects WHERE app = $1 AND hash = $2", app, id));
  if (rows.is_empty()) return std::nullopt;
  TRY(const auto size, read_count(rows[0], 0));
  return size;
}

Status check_objects(sql::Transaction& tx, const ReleaseDescriptor& release) {
  for (const auto& object : release.objects) {
    TRY(const auto size, find_object_size(tx, release.app, object.id));
    if (!size) return fail(Code::not_found, "object " + to_hex(object.id));
    if (*size != object.length) return fail(Code::metadata_mismatch, "the length of object " + to_hex(object.id));
  }
  return {};
}

}  // namespace latchkey::release
