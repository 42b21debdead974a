#include "identity/checks/dpop_nonces.h"

#include "base/base64url.h"
#include "crypto/constant_time.h"
#include "crypto/random.h"

namespace latchkey::identity {
namespace {

constexpr std::size_t tag_size = 16;

std::uint32_t seconds_of(Instant at) { return static_cast<std::uint32_t>(to_unix_seconds(at)); }

crypto::HmacKey draw_key() { return crypto::HmacKey(crypto::random_secret<struct DpopNonceKeyTag>(32)); }

bool is_step_back(Instant now, std::int64_t newest_millis) {
  return to_unix_millis(now) < newest_millis - DpopNonces::unnoticed_step.count();
}

}  // namespace

DpopNonces::DpopNonces(const Clock& clock)
    : clock_(clock),
      process_key_(draw_key()),
      newest_millis_(to_unix_millis(clock.now())),
      epoch_(begin_epoch(0, from_unix_millis(newest_millis_))) {}

DpopNonces::Epoch DpopNonces::begin_epoch(std::uint64_t number, Instant at) const {
  Bytes label;
  append_be(label, number);
  crypto::HmacTag key = process_key_.sign(label);
  Epoch epoch{number, at, crypto::HmacKey(ByteView(key))};
  secure_wipe(key);
  return epoch;
}

Instant DpopNonces::read_clock() const {
  Instant now = clock_.now();
  std::int64_t newest = newest_millis_.load();
  while (to_unix_millis(now) > newest && !newest_millis_.compare_exchange_weak(newest, to_unix_millis(now))) continue;
  if (!is_step_back(now, newest)) return now;
  const std::lock_guard lock(mutex_);
  newest = newest_millis_;
  now = clock_.now();  // after `newest` was: what is still behind it stepped, and did not just wait
  if (!is_step_back(now, newest)) return now;
  epoch_ = begin_epoch(epoch_.number + 1, from_unix_millis(newest) + protocol::limits::clock_skew);
  newest_millis_ = to_unix_millis(now);
  return now;
}

std::string DpopNonces::print(const crypto::HmacKey& key, std::uint32_t seconds) {
  Bytes bytes;
  bytes.reserve(sizeof seconds + tag_size);
  append_be(bytes, seconds);
  const auto tag = key.sign(bytes);
  append(bytes, ByteView(tag).first(tag_size));
  return to_base64url(bytes);
}

std::string DpopNonces::make() const {
  const Instant now = read_clock();
  const std::shared_lock lock(mutex_);
  return print(epoch_.key, seconds_of(now));
}

Status DpopNonces::check(const std::optional<std::string>& nonce, Instant proof_issued_at,
                         NonceRequirement requirement) const {
  const auto refused = [] { return fail(Code::use_dpop_nonce, "use the nonce of this answer"); };
  const Instant now = read_clock();
  const std::shared_lock lock(mutex_);
  if (!nonce) {
    const bool is_from_before = to_unix_seconds(proof_issued_at) <= to_unix_seconds(epoch_.began_at);
    if (requirement == NonceRequirement::required || is_from_before) return refused();
    return {};
  }
  ByteArray<4 + tag_size> bytes;
  if (nonce->size() != 27 || !parse_base64url_into(*nonce, bytes)) return refused();
  const auto made_at = read_be<std::uint32_t>(bytes);
  if (!crypto::equal(*nonce, print(epoch_.key, made_at))) return refused();
  const std::int64_t age = to_unix_seconds(now) - std::int64_t{made_at};
  if (age > lifetime.count()) return refused();
  return {};
}

}  // namespace latchkey::identity
