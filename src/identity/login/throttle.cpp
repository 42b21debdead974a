#include "identity/login/throttle.h"

#include "identity/login/remembered_devices.h"

namespace latchkey::identity {

namespace {

BucketKey name_bucket(const crypto::HmacKey& key, char kind, ByteView counted) {
  Bytes text{static_cast<std::uint8_t>(kind)};
  append(text, counted);
  return key.sign(text);
}

// The /56 of an IPv6 address.
ByteArray<16> customer_of(const http::Address& address) {
  ByteArray<16> customer = address.network().bytes();
  customer[6] = address.bytes()[6];
  return customer;
}

// Takes from one bucket; false when it is empty, and says for how long.
Result<bool> take(sql::Transaction& tx, Admission& admission, const BucketKey& bucket, const BucketRate& rate,
                  Instant now) {
  TRY(const auto wait, take_attempt(tx, bucket, rate, now));
  if (wait) {
    admission.retry_after = std::chrono::ceil<std::chrono::seconds>(*wait);
    return false;
  }
  admission.taken.push_back({bucket, rate});
  return true;
}

// True: the browser is known and had an attempt left.
Result<bool> admit_known_device(sql::Transaction& tx, const Attempt& attempt, const ThrottlePolicy& policy,
                                const crypto::HmacKey& key, Instant now, Admission& admission) {
  if (!attempt.user || attempt.device_cookie.empty()) return false;
  TRY(const auto device, find_device(tx, attempt.device_cookie, *attempt.user, now));
  if (!device) return false;
  TRY(const bool has_attempt, take(tx, admission, name_bucket(key, 'd', *device), policy.device, now));
  if (!has_attempt) {
    admission.retry_after.reset();
    TRY_DO(forget_device(tx, *device));
  }
  return has_attempt;
}

// Whoever is refused takes nothing from those it shares the next bucket with.
Result<bool> admit_origin(sql::Transaction& tx, const http::Address& address, const ThrottlePolicy& policy,
                          const crypto::HmacKey& key, Instant now, Admission& admission) {
  const auto take_of = [&](char kind, const ByteArray<16>& counted, const BucketRate& rate) {
    return take(tx, admission, name_bucket(key, kind, counted), rate, now);
  };
  TRY(const bool address_has_attempt, take_of('a', address.subscriber().bytes(), policy.address));
  if (!address_has_attempt) return false;
  if (!address.is_v4()) {
    TRY(const bool customer_has_attempt, take_of('c', customer_of(address), policy.customer));
    if (!customer_has_attempt) return false;
  }
  return take_of('n', address.network().bytes(), policy.network);
}

}  // namespace

Result<Admission> admit_attempt(sql::Transaction& tx, const Attempt& attempt, const ThrottlePolicy& policy,
                                const crypto::HmacKey& bucket_key, Instant now) {
  Admission admission;
  TRY(admission.is_known_device, admit_known_device(tx, attempt, policy, bucket_key, now, admission));
  if (admission.is_known_device) return admission;
  TRY(const bool origin_has_attempt, admit_origin(tx, attempt.address, policy, bucket_key, now, admission));
  if (!origin_has_attempt) return admission;
  TRY_DO(take(tx, admission, name_bucket(bucket_key, 'u', as_bytes(attempt.login_name)), policy.untrusted, now));
  return admission;
}

Status give_back(sql::Transaction& tx, const Admission& admission, Instant now) {
  for (const TakenAttempt& taken : admission.taken) TRY_DO(give_attempt_back(tx, taken.bucket, taken.rate, now));
  return {};
}

Status give_name_back(sql::Transaction& tx, const Admission& admission, Instant now) {
  if (admission.retry_after || admission.taken.empty()) return {};
  return give_attempt_back(tx, admission.taken.back().bucket, admission.taken.back().rate, now);
}

}  // namespace latchkey::identity
