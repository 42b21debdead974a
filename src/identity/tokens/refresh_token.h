// The text of a refresh token. Nothing of it is stored: it is derived from the family's row and a server key, so that
// the same answer can be given twice, and a copy of the database or of the key alone forges nothing.
//   rt1_ + base64url( key id(1) | family id(16) | generation(4) | attempt(1) | tag(24) )
//   tag = HMAC-SHA256(key, "rt1" | family id | generation | attempt | salt | size of client id(2) | client id |
//   jkt)[:24]
// Format: docs/formats/refresh-token-v1.md.
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "base/wiping.h"
#include "crypto/hmac.h"
#include "identity/tokens/family.h"
#include "identity/tokens/refresh_rules.h"

namespace latchkey::identity {

inline constexpr std::string_view refresh_token_prefix = "rt1_";  // lets secret scanners find it

struct ParsedRefreshToken {
  std::uint8_t key_id = 0;
  FamilyId family{};
  PresentedRefreshToken token;
  ByteArray<24> tag{};
};

// Says only that it has the form. Fails: invalid_grant.
Result<ParsedRefreshToken> parse_refresh_token(std::string_view text);

// The server keys K_kid. Thread-safe once filled.
class RefreshTokenKeys final {
 public:
  void add(std::uint8_t key_id, ByteView key);  // the newest one added issues

  WipedString issue(const Family& family, PresentedRefreshToken token) const;
  // In constant time. False also for an unknown key.
  bool verify(const ParsedRefreshToken& parsed, const Family& family) const;

 private:
  crypto::HmacTag tag(const crypto::HmacKey& key, const Family& family, PresentedRefreshToken token) const;

  std::array<std::unique_ptr<crypto::HmacKey>, 256> keys_;
  std::uint8_t newest_ = 0;
};

}  // namespace latchkey::identity
