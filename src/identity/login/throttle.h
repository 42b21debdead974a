// How often passwords may be tried, without locking the owner out (NIST SP 800-63B-4 section 3.2.2):
// 1. a browser that has signed in to the account before has a bucket of its own;
// 2. all other attempts for a login name share one bucket, whether or not the account exists;
// 3. all attempts of one address that are not of such a browser share one bucket (an IPv6 /64 counts as one), and so do
//    those of one network (an IPv4 /24, an IPv6 /48). Of an IPv6 network a customer's part (/56) may take a share.
// What is tried at many accounts is counted in tried_passwords.h.
// Attempts are taken before the password is hashed; the right password gives them back.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/wiping.h"
#include "crypto/hmac.h"
#include "http/address.h"
#include "identity/ids.h"
#include "identity/login/attempt_buckets.h"
#include "protocol/limits.h"

namespace latchkey::identity {

// So that neither one neighbour nor three together use up what a provider's customers share.
inline constexpr int customer_share = 4;

struct ThrottlePolicy {
  BucketRate device{protocol::limits::device_attempts, protocol::limits::device_attempt_interval};
  BucketRate untrusted{protocol::limits::untrusted_attempts, protocol::limits::untrusted_attempt_interval};
  BucketRate address{protocol::limits::address_attempts, protocol::limits::address_attempt_interval};
  BucketRate network{protocol::limits::network_attempts, protocol::limits::network_attempt_interval};
  BucketRate customer{network.burst / customer_share, network.refill_interval* customer_share};
};

struct Attempt {
  std::string login_name;  // normalised, or as typed when it cannot be
  std::optional<UserId> user;
  WipedString device_cookie;
  http::Address address;
};

struct TakenAttempt {
  BucketKey bucket;
  BucketRate rate;
};
struct Admission {
  std::vector<TakenAttempt> taken;  // the last: of the browser or the name
  bool is_known_device = false;
  std::optional<std::chrono::seconds> retry_after;  // set: refused; do not hash
};

Result<Admission> admit_attempt(sql::Transaction& tx, const Attempt& attempt, const ThrottlePolicy& policy,
                                const crypto::HmacKey& bucket_key, Instant now);
// The password was right.
Status give_back(sql::Transaction& tx, const Admission& admission, Instant now);
// It was not tried after all: whose name it is pays nothing for what others do, the address pays for the request.
Status give_name_back(sql::Transaction& tx, const Admission& admission, Instant now);

}  // namespace latchkey::identity
