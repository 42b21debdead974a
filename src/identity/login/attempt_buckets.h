// Counters of attempts that fill up again with time (generic cell rate algorithm). One number per bucket is stored:
// when it is full again. A clock that steps forward fills them sooner; one that steps back (by more than
// clock_tolerance) leaves each at least one attempt, and the rest comes back as ever. Attempts are taken before the
// work they pay for, and given back when they turn out honest.
#pragma once

#include <chrono>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "sql/database.h"

namespace latchkey::identity {

struct BucketRate {
  int burst = 0;                                // attempts in a full bucket
  std::chrono::milliseconds refill_interval{};  // one attempt comes back in this time
};

using BucketKey = ByteArray<32>;  // HMAC of what is counted: names and addresses are not stored

// Takes one attempt. Answers nothing when there was one, else how long until there is.
Result<std::optional<std::chrono::milliseconds>> take_attempt(sql::Transaction& tx, const BucketKey& bucket,
                                                              const BucketRate& rate, Instant now);
Status give_attempt_back(sql::Transaction& tx, const BucketKey& bucket, const BucketRate& rate, Instant now);
Status drop_full_buckets(sql::Transaction& tx, Instant now);

}  // namespace latchkey::identity
