#include "identity/audit_log.h"

#include "base/bytes.h"
#include "crypto/constant_time.h"
#include "crypto/digest.h"

namespace latchkey::identity {
namespace {

// Lengths in front of texts, so that no two records have the same bytes.
void append_text(Bytes& to, std::string_view text) {
  append_be(to, static_cast<std::uint32_t>(text.size()));
  append(to, as_bytes(text));
}

crypto::Sha256Digest hash_of(const crypto::Sha256Digest& previous, const StoredAuditRecord& stored) {
  Bytes bytes(previous.begin(), previous.end());
  append_be(bytes, static_cast<std::uint64_t>(stored.number));
  append_be(bytes, static_cast<std::uint64_t>(to_unix_millis(stored.at)));
  const AuditRecord& record = stored.record;
  for (const std::string* text :
       {&record.event, &record.user.value(), &record.client.value(), &record.session.value(), &record.detail})
    append_text(bytes, *text);
  bytes.push_back(static_cast<std::uint8_t>(record.notify));
  return crypto::sha256(bytes);
}

Result<StoredAuditRecord> read_record(const sql::Row& row) {
  TRY(auto values, (row.as<std::int64_t, Instant, std::string, UserId, ClientId, SessionId, std::string, bool>()));
  auto& [number, at, event, user, client, session, detail, notify] = values;
  return StoredAuditRecord{number, at,
                           AuditRecord{std::move(event), std::move(user), std::move(client), std::move(session),
                                       std::move(detail), notify ? Notify::owner : Notify::no}};
}

}  // namespace

Status append_audit(sql::Transaction& tx, const AuditRecord& record, Instant now) {
  TRY(const sql::Rows last, tx.query("SELECT number, hash FROM audit_log ORDER BY number DESC LIMIT 1"));
  StoredAuditRecord stored{1, now, record};
  crypto::Sha256Digest previous{};
  if (!last.is_empty()) {
    TRY(const std::int64_t number, last[0].get<std::int64_t>(0));
    TRY(previous, last[0].get<crypto::Sha256Digest>(1));
    stored.number = number + 1;
  }
  TRY_DO(
      tx.execute("INSERT INTO audit_log (number, at, event, user_id, client_id, sid, detail, notify, hash) "
                 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                 stored.number, now, record.event, record.user, record.client, record.session, record.detail,
                 static_cast<std::uint8_t>(record.notify), hash_of(previous, stored)));
  return {};
}

Result<bool> has_recent_audit(sql::Transaction& tx, const AuditRecord& record, Instant since) {
  TRY(const sql::Rows rows, tx.query("SELECT number, at, event, user_id, client_id, sid, detail, notify FROM audit_log "
                                     "WHERE user_id = $1 AND notify = $2 ORDER BY number DESC LIMIT 32",
                                     record.user, static_cast<std::uint8_t>(record.notify)));
  for (const sql::Row row : rows) {
    TRY(const StoredAuditRecord known, read_record(row));
    if (known.at > since && known.record.event == record.event && known.record.detail == record.detail &&
        known.record.client == record.client && known.record.session == record.session)
      return true;
  }
  return false;
}

Result<std::vector<StoredAuditRecord>> list_security_events(sql::Transaction& tx, const UserId& user, int limit) {
  TRY(const sql::Rows rows, tx.query("SELECT number, at, event, user_id, client_id, sid, detail, notify FROM audit_log "
                                     "WHERE user_id = $1 AND notify = 1 ORDER BY number DESC LIMIT $2",
                                     user, limit));
  std::vector<StoredAuditRecord> events;
  for (const sql::Row row : rows) {
    TRY(auto record, read_record(row));
    events.push_back(std::move(record));
  }
  return events;
}

Status verify_audit_log(sql::Transaction& tx) {
  constexpr std::int64_t page = 1000;
  crypto::Sha256Digest previous{};
  std::int64_t expected = 1;
  for (;;) {
    TRY(const sql::Rows rows,
        tx.query("SELECT number, at, event, user_id, client_id, sid, detail, notify, hash FROM audit_log "
                 "WHERE number >= $1 ORDER BY number LIMIT $2",
                 expected, page));
    for (const sql::Row row : rows) {
      TRY(const StoredAuditRecord stored, read_record(row));
      TRY(const auto hash, row.get<crypto::Sha256Digest>(8));
      if (stored.number != expected || !crypto::equal(hash, hash_of(previous, stored)))
        return fail(Code::storage_corrupted, "audit record " + std::to_string(expected) + " was altered or removed");
      previous = hash;
      ++expected;
    }
    if (static_cast<std::int64_t>(rows.size()) < page) return {};
  }
}

}  // namespace latchkey::identity
