#include "identity/checks/dpop_nonces.h"

#include "base/base64url.h"
#include "crypto/constant_time.h"
#include "crypto/random.h"

namespace latchkey::identity {
namespace {

constexpr std::size_t tag_size = 16;

std::uint32_t seconds_of(Instant at) { return static_cast<std::uint32_t>(to_unix_seconds(at)); }

crypto::HmacKey draw_key() { return crypto::HmacKey(crypto::random_secret<struct DpopNonceKeyTag>(32)); }

}  // namespace

DpopNonces::DpopNonces(Instant started_at)
    : newest_millis_(to_unix_millis(started_at)), epoch_{started_at, draw_key()} {}

void DpopNonces::notice(Instant now) const {
  const std::int64_t millis = to_unix_millis(now);
  const auto is_step_back = [millis](std::int64_t newest) { return millis < newest - unnoticed_step.count(); };
  std::int64_t newest = newest_millis_.load(std::memory_order_relaxed);
  while (millis > newest && !newest_millis_.compare_exchange_weak(newest, millis)) continue;
  if (!is_step_back(newest)) return;
  const std::lock_guard lock(mutex_);
  newest = newest_millis_;
  if (!is_step_back(newest)) return;  // another thread noticed it
  epoch_ = {from_unix_millis(newest) + protocol::limits::clock_skew, draw_key()};
  newest_millis_ = millis;
}

std::string DpopNonces::print(const crypto::HmacKey& key, std::uint32_t seconds) {
  Bytes bytes;
  bytes.reserve(sizeof seconds + tag_size);
  append_be(bytes, seconds);
  const auto tag = key.sign(bytes);
  append(bytes, ByteView(tag).first(tag_size));
  return to_base64url(bytes);
}

std::string DpopNonces::make(Instant now) const {
  notice(now);
  const std::shared_lock lock(mutex_);
  return print(epoch_.key, seconds_of(now));
}

Status DpopNonces::check(const std::optional<std::string>& nonce, Instant proof_issued_at, NonceRequirement requirement,
                         Instant now) const {
  const auto refused = [] { return fail(Code::use_dpop_nonce, "use the nonce of this answer"); };
  notice(now);
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
