#include "release/rollout/reports.h"

namespace latchkey::release {

using protocol::release::DeviceReport;
using protocol::release::ReportEvent;

namespace {

// Stored, so never renumbered.
enum Bit : std::int64_t { started = 1, good = 2, bad = 4, not_installed = 8 };

std::int64_t bit_of(ReportEvent event) {
  switch (event) {
    case ReportEvent::activated:
      return started;
    case ReportEvent::ready:
      return started | good;
    case ReportEvent::rolled_back:
      return started | bad;
    case ReportEvent::failed:
      return not_installed;
  }
  return 0;
}

// False: a report with this count, or a later one, came before.
Result<bool> remember_device(sql::Transaction& tx, const DeviceReport& report, Instant now) {
  TRY(const auto changed,
      tx.execute("INSERT INTO release_devices (app, device, count, channel, root, seen_at) "
                 "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (app, device) DO UPDATE SET count = excluded.count, "
                 "channel = excluded.channel, root = excluded.root, seen_at = excluded.seen_at "
                 "WHERE release_devices.count < excluded.count",
                 report.app, report.device_key, static_cast<std::int64_t>(report.count), report.channel, report.root,
                 now));
  return changed != 0;
}

Result<std::uint64_t> find_highest_count(sql::Transaction& tx, const DeviceReport& report) {
  TRY(const auto rows,
      tx.query("SELECT count FROM release_devices WHERE app = $1 AND device = $2", report.app, report.device_key));
  if (rows.is_empty()) return fail(Code::internal, "a device that was seen");
  TRY(const auto highest, rows[0].get<std::int64_t>(0));
  return static_cast<std::uint64_t>(highest);
}

// What counts of the device's reports about the release so far.
Result<std::int64_t> read_outcome(sql::Transaction& tx, const DeviceReport& report) {
  TRY(const auto rows, tx.query("SELECT outcome FROM release_outcomes WHERE app = $1 AND channel = $2 AND "
                                "release_id = $3 AND device = $4",
                                report.app, report.channel, report.release, report.device_key));
  if (rows.is_empty()) return 0;
  return rows[0].get<std::int64_t>(0);
}

Status write_outcome(sql::Transaction& tx, const DeviceReport& report, std::int64_t outcome) {
  TRY_DO(
      tx.execute("INSERT INTO release_outcomes (app, channel, release_id, device, outcome) VALUES ($1, $2, $3, $4, $5) "
                 "ON CONFLICT (app, channel, release_id, device) DO UPDATE SET outcome = excluded.outcome",
                 report.app, report.channel, report.release, report.device_key, outcome));
  return {};
}

// One device more in each count whose bits it has now and had not before.
Status add_to_counts(sql::Transaction& tx, const DeviceReport& report, std::int64_t before, std::int64_t after) {
  const auto gains = [&](std::int64_t bits) { return (before & bits) == 0 && (after & bits) != 0 ? 1 : 0; };
  TRY_DO(tx.execute(
      "UPDATE release_releases SET activated = activated + $4, devices = devices + $5, "
      "failed = failed + $6, not_installed = not_installed + $7 "
      "WHERE app = $1 AND channel = $2 AND id = $3",
      report.app, report.channel, report.release, gains(started), gains(good | bad), gains(bad), gains(not_installed)));
  return {};
}

Result<NetworkFailures> read_failures(sql::Transaction& tx, const DeviceReport& report, const http::Address& network) {
  TRY(const auto rows, tx.query("SELECT failed, overruled FROM release_failing_networks WHERE app = $1 AND "
                                "channel = $2 AND release_id = $3 AND network = $4",
                                report.app, report.channel, report.release, network.bytes()));
  if (rows.is_empty()) return NetworkFailures{};
  TRY(const auto values, (rows[0].as<std::int64_t, std::int64_t>()));
  return NetworkFailures{static_cast<std::uint64_t>(std::get<0>(values)),
                         static_cast<std::uint64_t>(std::get<1>(values))};
}

Status write_failures(sql::Transaction& tx, const DeviceReport& report, const http::Address& network,
                      const NetworkFailures& failures, Instant now) {
  TRY_DO(
      tx.execute("INSERT INTO release_failing_networks (app, channel, release_id, network, failed, overruled, seen_at) "
                 "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (app, channel, release_id, network) "
                 "DO UPDATE SET failed = excluded.failed, seen_at = excluded.seen_at",
                 report.app, report.channel, report.release, network.bytes(),
                 static_cast<std::int64_t>(failures.counted), static_cast<std::int64_t>(failures.overruled), now));
  return {};
}

// What a report adds to the evidence. A device is one of its devices from when it was first heard of, resumes or not:
// its failure later, which may be of any of those that worked so far, must not look like that of a device among few.
Result<Evidence> weigh(sql::Transaction& tx, const DeviceReport& report, std::int64_t before, std::int64_t after,
                       const StoredRelease& release, const http::Address& network, Instant now) {
  const bool is_first = (before & (good | bad)) == 0;
  if ((before & bad) != 0 || (after & bad) == 0)
    return Evidence{{.devices = is_first && (after & good) != 0 ? 1U : 0U, .failed = 0}, 0};
  TRY(NetworkFailures failures, read_failures(tx, report, network));
  Evidence more = count_failure(failures, release.evidence.outcomes.devices);
  if (more == Evidence{}) return more;
  TRY_DO(write_failures(tx, report, network, failures, now));
  if (!is_first) more.outcomes.devices = 0;
  return more;
}

Status add_to_evidence(sql::Transaction& tx, const DeviceReport& report, const Evidence& more) {
  TRY_DO(
      tx.execute("UPDATE release_releases SET evidence_devices = evidence_devices + $4, evidence_failed = "
                 "evidence_failed + $5, evidence_networks = evidence_networks + $6 "
                 "WHERE app = $1 AND channel = $2 AND id = $3",
                 report.app, report.channel, report.release, static_cast<std::int64_t>(more.outcomes.devices),
                 static_cast<std::int64_t>(more.outcomes.failed), static_cast<std::int64_t>(more.networks)));
  return {};
}

}  // namespace

Result<Recorded> record_report(sql::Transaction& tx, const DeviceReport& report, const http::Address& network,
                               Instant now) {
  TRY(const bool is_new, remember_device(tx, report, now));
  if (!is_new) {
    TRY(const std::uint64_t highest, find_highest_count(tx, report));
    return Recorded{.counted = Counted::replayed, .highest = highest};
  }
  TRY(const auto known, find_release(tx, report.app, report.channel, report.release));
  if (!known) return Recorded{.counted = Counted::unknown_release};
  TRY(const std::int64_t before, read_outcome(tx, report));
  const std::int64_t after = before | bit_of(report.event);
  Evidence more;
  if (after != before) {
    TRY(more, weigh(tx, report, before, after, *known, network, now));
    TRY_DO(write_outcome(tx, report, after));
    TRY_DO(add_to_counts(tx, report, before, after));
    if (more != Evidence{}) {
      TRY_DO(add_to_evidence(tx, report, more));
    }
  }
  Evidence evidence = known->evidence;
  evidence.outcomes.devices += more.outcomes.devices;
  evidence.outcomes.failed += more.outcomes.failed;
  evidence.networks += more.networks;
  return Recorded{.counted = Counted::yes,
                  .evidence = evidence,
                  .may_pause_itself = known->is_watched && !known->state.halted && !known->state.paused,
                  .is_new_failure = more.outcomes.failed != 0};
}

Status forget_evidence(sql::Transaction& tx, std::string_view app, std::string_view channel, const ReleaseId& release) {
  TRY_DO(
      tx.execute("UPDATE release_releases SET evidence_devices = devices - failed, evidence_failed = 0, "
                 "evidence_networks = 0 WHERE app = $1 AND channel = $2 AND id = $3",
                 app, channel, release));
  TRY_DO(
      tx.execute("UPDATE release_failing_networks SET overruled = failed WHERE app = $1 AND channel = $2 AND "
                 "release_id = $3",
                 app, channel, release));
  return {};
}

Result<bool> is_known_device(sql::Transaction& tx, std::string_view app, const ByteArray<32>& device) {
  TRY(const auto rows, tx.query("SELECT 1 FROM release_devices WHERE app = $1 AND device = $2", app, device));
  return !rows.is_empty();
}

Result<std::vector<Base>> list_bases(sql::Transaction& tx, std::string_view app, std::string_view channel,
                                     Instant seen_since, int limit) {
  TRY(const auto rows, tx.query("SELECT root, COUNT(*) FROM release_devices WHERE app = $1 AND channel = $2 "
                                "AND seen_at >= $3 GROUP BY root ORDER BY 2 DESC, 1 LIMIT $4",
                                app, channel, seen_since, limit));
  std::vector<Base> bases;
  for (const sql::Row row : rows) {
    TRY(const auto values, (row.as<protocol::release::TreeRoot, std::int64_t>()));
    bases.push_back({std::get<0>(values), static_cast<std::uint64_t>(std::get<1>(values))});
  }
  return bases;
}

Status drop_old_devices(sql::Transaction& tx, Instant before) {
  TRY_DO(
      tx.execute("DELETE FROM release_outcomes WHERE EXISTS (SELECT 1 FROM release_devices d WHERE "
                 "d.app = release_outcomes.app AND d.device = release_outcomes.device AND d.seen_at <= $1)",
                 before));
  TRY_DO(tx.execute("DELETE FROM release_devices WHERE seen_at <= $1", before));
  return {};
}

Status drop_old_networks(sql::Transaction& tx, Instant before) {
  TRY_DO(
      tx.execute("UPDATE release_releases SET (evidence_failed, evidence_networks) = "
                 "(SELECT evidence_failed - SUM(n.failed - n.overruled), evidence_networks - "
                 "SUM(CASE WHEN n.failed > n.overruled THEN 1 ELSE 0 END) FROM release_failing_networks n "
                 "WHERE n.app = release_releases.app AND n.channel = release_releases.channel AND "
                 "n.release_id = release_releases.id AND n.seen_at <= $1) "
                 "WHERE EXISTS (SELECT 1 FROM release_failing_networks n WHERE n.app = release_releases.app AND "
                 "n.channel = release_releases.channel AND n.release_id = release_releases.id AND n.seen_at <= $1)",
                 before));
  TRY_DO(tx.execute("DELETE FROM release_failing_networks WHERE seen_at <= $1", before));
  return {};
}

}  // namespace latchkey::release
