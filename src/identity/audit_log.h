// The append-only record of what happened to accounts and sessions. Each record carries the hash of the one before it:
// h(i) = SHA-256(h(i-1) | record(i)), so that a changed or missing record is noticed by verify_audit_log().
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "identity/ids.h"
#include "sql/database.h"

namespace latchkey::identity {

enum class Notify : std::uint8_t { no, owner };  // owner: shown to the user as a security event

struct AuditRecord {
  std::string event;  // "refresh token reused"; a short fixed sentence
  UserId user;        // empty when none is concerned
  ClientId client;
  SessionId session;
  std::string detail;  // log-safe
  Notify notify = Notify::no;
};

struct StoredAuditRecord {
  std::int64_t number = 0;
  Instant at;
  AuditRecord record;
};

// Writes the record in the caller's transaction: it exists if and only if what it tells of does.
Status append_audit(sql::Transaction& tx, const AuditRecord& record, Instant now);

// Whether one of the user's newest 32 records of this kind of notice says the same and is younger than `since`.
Result<bool> has_recent_audit(sql::Transaction& tx, const AuditRecord& record, Instant since);

// The events of one user that ask for notice, newest first.
Result<std::vector<StoredAuditRecord>> list_security_events(sql::Transaction& tx, const UserId& user, int limit);

// Recomputes the chain. Fails: storage_corrupted, naming the first record that does not fit.
Status verify_audit_log(sql::Transaction& tx);

}  // namespace latchkey::identity
