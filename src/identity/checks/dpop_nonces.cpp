#include "identity/checks/dpop_nonces.h"

#include "base/base64url.h"
#include "crypto/constant_time.h"
#include "crypto/random.h"

namespace latchkey::identity {
namespace {

constexpr std::size_t tag_size = 16;

std::uint32_t seconds_of(Instant at) { return static_cast<std::uint32_t>(to_unix_seconds(at)); }

}  // namespace

DpopNonces::DpopNonces(Instant started_at)
    : started_at_(started_at), key_(crypto::random_secret<struct DpopNonceKeyTag>(32)) {}

std::string DpopNonces::print(std::uint32_t seconds) const {
  Bytes bytes;
  bytes.reserve(sizeof seconds + tag_size);
  append_be(bytes, seconds);
  const auto tag = key_.sign(bytes);
  append(bytes, ByteView(tag).first(tag_size));
  return to_base64url(bytes);
}

std::string DpopNonces::make(Instant now) const { return print(seconds_of(now)); }

Status DpopNonces::check(const std::optional<std::string>& nonce, Instant proof_issued_at, NonceRequirement requirement,
                         Instant now) const {
  const auto refused = [] { return fail(Code::use_dpop_nonce, "use the nonce of this answer"); };
  if (!nonce) {
    const bool is_from_before = to_unix_seconds(proof_issued_at) <= to_unix_seconds(started_at_);
    if (requirement == NonceRequirement::required || is_from_before) return refused();
    return {};
  }
  ByteArray<4 + tag_size> bytes;
  if (nonce->size() != 27 || !parse_base64url_into(*nonce, bytes)) return refused();
  const auto made_at = read_be<std::uint32_t>(bytes);
  if (!crypto::equal(*nonce, print(made_at))) return refused();
  const std::int64_t age = to_unix_seconds(now) - std::int64_t{made_at};
  if (age > lifetime.count()) return refused();
  return {};
}

}  // namespace latchkey::identity
