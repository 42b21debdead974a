// Token Status Lists (draft-ietf-oauth-status-list): one bit per token, 1 for "no longer valid", packed and signed. A
// gateway that checks access tokens by their signature alone pulls the list now and then and sees what was revoked.
// Only lists of one bit are written and read.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "protocol/jose/jwks.h"

namespace latchkey::protocol {

// Where a token's bit is: the token's claim {"status":{"status_list":{"idx":7,"uri":"https://..."}}}.
struct StatusReference {
  std::int64_t index = 0;
  std::string uri;
  bool operator==(const StatusReference&) const = default;
};

// The bits. Index 0 is the lowest bit of the first byte (section 4.1).
class StatusList final {
 public:
  // `size`: how many statuses; a multiple of 8.
  explicit StatusList(std::size_t size) : bytes_(size / 8) {}
  // The `lst` member: base64url of a ZLIB stream, of at most limits::status_list_bytes unpacked. Fails:
  // invalid_format, input_too_large.
  static Result<StatusList> parse(std::string_view lst);
  // Fails: internal.
  Result<std::string> print() const;

  std::size_t size() const { return bytes_.size() * 8; }
  void set(std::size_t index);  // below size()
  // Fails: not_found (beyond the list: the token's status is unknown, and it must be refused).
  Result<bool> is_set(std::int64_t index) const;

  bool operator==(const StatusList&) const = default;

 private:
  Bytes bytes_;
};

struct StatusListClaims {
  std::string uri;  // `sub`: where the list is served
  Instant issued_at, expires_at;
  std::chrono::seconds ttl{};  // how long a reader may go on with its copy; zero: not said
};

// The payload, for a JwsSigner with typ "statuslist+jwt". Fails: internal.
Result<std::string> print_status_list_claims(const StatusListClaims& claims, const StatusList& list);

struct VerifiedStatusList {
  StatusListClaims claims;
  StatusList list;
};
// What a reader must check (section 8.3): typ, a signature by one of `keys`, `sub` is `uri`, neither expired nor from
// the future, one bit per status. Fails: invalid_token with the failed check; not_found when no key fits.
Result<VerifiedStatusList> verify_status_list(std::string_view token, const jose::Jwks& keys, std::string_view uri,
                                              Instant now);

}  // namespace latchkey::protocol
