#include "identity/login/attempt_buckets.h"

#include "identity/clock_tolerance.h"

namespace latchkey::identity {

Result<std::optional<std::chrono::milliseconds>> take_attempt(sql::Transaction& tx, const BucketKey& bucket,
                                                              const BucketRate& rate, Instant now) {
  const std::int64_t interval = rate.refill_interval.count();
  const Instant full_at_most = now + rate.refill_interval * rate.burst;
  // The inner CASE: a bucket that has been full for a while counts from now. One that an honest clock could not have
  // left behind is from before the clock stepped back, and would keep its owner out until that time is there again: it
  // has one attempt left. The CASTs: PostgreSQL cannot tell the type of a sum of two parameters.
  TRY(const std::int64_t taken,
      tx.execute("INSERT INTO attempt_buckets (bucket, full_at) VALUES ($1, CAST($2 AS BIGINT) + $3) "
                 "ON CONFLICT (bucket) DO UPDATE SET full_at = (CASE WHEN attempt_buckets.full_at < $2 THEN "
                 "CAST($2 AS BIGINT) WHEN attempt_buckets.full_at > $5 THEN CAST($4 AS BIGINT) - $3 ELSE "
                 "attempt_buckets.full_at END) + $3 WHERE (CASE WHEN attempt_buckets.full_at < $2 THEN "
                 "CAST($2 AS BIGINT) WHEN attempt_buckets.full_at > $5 THEN CAST($4 AS BIGINT) - $3 ELSE "
                 "attempt_buckets.full_at END) + $3 <= $4",
                 bucket, now, interval, full_at_most, full_at_most + clock_tolerance));
  if (taken == 1) return std::nullopt;
  TRY(const sql::Rows rows, tx.query("SELECT full_at FROM attempt_buckets WHERE bucket = $1", bucket));
  if (rows.is_empty()) return fail(Code::storage_failed, "an attempt bucket vanished");
  TRY(const Instant full_at, rows[0].get<Instant>(0));
  return std::optional<std::chrono::milliseconds>(full_at + rate.refill_interval - full_at_most);
}

Status give_attempt_back(sql::Transaction& tx, const BucketKey& bucket, const BucketRate& rate, Instant now) {
  TRY_DO(tx.execute("UPDATE attempt_buckets SET full_at = full_at - $2 WHERE bucket = $1 AND full_at > $3", bucket,
                    static_cast<std::int64_t>(rate.refill_interval.count()), now));
  return {};
}

Status drop_full_buckets(sql::Transaction& tx, Instant now) {
  TRY_DO(tx.execute("DELETE FROM attempt_buckets WHERE full_at <= $1", now));
  return {};
}

}  // namespace latchkey::identity
