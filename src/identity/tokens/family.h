// A token family: what one user's sign-in on one device with one client may still obtain. One row, updated in place;
// there are no token rows. All that ends a session (revocation, logout, a new password, reuse) is written to this row.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"
#include "identity/ids.h"

namespace latchkey::identity {

using FamilyId = ByteArray<16>;

struct Family {
  FamilyId id{};
  SessionId session;  // the browser session it was born in
  UserId user;
  ClientId client;
  std::string key_thumbprint;  // `jkt` of the device key it is bound to; empty: bearer
  ByteArray<16> salt{};        // of the token tags
  std::string scope;           // what the user granted, space-separated
  std::string resource;        // RFC 8707; empty: the issuer's own endpoints
  Instant authenticated_at;    // `auth_time`

  std::uint32_t generation = 0;       // of the newest refresh token
  std::uint8_t attempt = 0;           // how often that generation was issued anew after a lost answer
  std::uint8_t previous_attempt = 0;  // the attempt of the generation before that was exchanged for this one
  Instant rotated_at;                 // when `generation` last grew
  Instant issued_at;                  // when (generation, attempt) was first issued
  std::uint32_t seen_generation = 0;  // newest generation whose access token came back to us

  Instant created_at;
  Instant idle_expires_at;                   // moves with every rotation
  Instant absolute_expires_at;               // never moves
  std::optional<std::int64_t> status_index;  // signals/status_index.h; nothing: older than status lists
  bool is_revoked = false;
  bool is_user_active = true;  // the account's, read with the row

  bool is_bound() const { return !key_thumbprint.empty(); }
};

// Why a family ended; stored, logged and shown to the user.
enum class RevocationReason : std::uint8_t {
  none = 0,
  reuse = 1,           // a refresh token was used twice by two parties
  code_reuse = 2,      // an authorization code was used twice
  client_request = 3,  // RFC 7009
  signed_out = 4,      // end_session, or "sign out everywhere"
  password_changed = 5,
  account_disabled = 6,
  administrator = 7,
};
std::string_view name_of(RevocationReason reason);  // "reuse"

}  // namespace latchkey::identity
