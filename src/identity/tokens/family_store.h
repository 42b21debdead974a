// Token families as rows. Every function runs inside the caller's transaction.
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "identity/tokens/family.h"
#include "identity/tokens/refresh_rules.h"
#include "sql/database.h"

namespace latchkey::identity {

Status insert_family(sql::Transaction& tx, const Family& family);
Result<std::optional<Family>> find_family(sql::Transaction& tx, const FamilyId& id);

// Ends families durably, with all that this sets off for each that was alive: a bit in the status list, an audit
// record, the owner's notice, what apps and gateways are told (signals/). All of them are dead for refresh,
// introspection and userinfo when the transaction commits. Returns how many were alive. Ending a session or a user also
// drops the authorization codes that were not exchanged yet.
Result<std::int64_t> revoke_family(sql::Transaction& tx, const FamilyId& id, RevocationReason reason, Instant now);
Result<std::int64_t> revoke_families_of_session(sql::Transaction& tx, const SessionId& session, RevocationReason reason,
                                                Instant now);
Result<std::int64_t> revoke_families_of_user(sql::Transaction& tx, const UserId& user, RevocationReason reason,
                                             Instant now);

// The state a verified access token needs, in one statement.
struct AccessTokenState {
  bool is_alive = false;         // user active, family neither revoked nor past its end, token not revoked itself
  std::uint32_t generation = 0;  // of the family
  std::uint32_t seen_generation = 0;
};
Result<AccessTokenState> find_access_token_state(sql::Transaction& tx, const FamilyId& family,
                                                 std::string_view token_id, Instant now);

// Notes that an access token of `generation` came back to us: someone received it.
Status mark_generation_seen(sql::Transaction& tx, const FamilyId& family, std::uint32_t generation);

// One access token without a family, or without ending its family (RFC 7009). Kept until the token has expired.
Status revoke_access_token(sql::Transaction& tx, std::string_view token_id, Instant expires_at);
Result<bool> is_access_token_revoked(sql::Transaction& tx, std::string_view token_id);

// Housekeeping: forgets families past their absolute end, and revocations of tokens that have expired anyway.
Status drop_ended_tokens(sql::Transaction& tx, Instant now);
// Families that were revoked or fell idle before `then`, at most `limit`: reads the whole table, so not for a write.
Result<std::vector<FamilyId>> find_dead_families(sql::Transaction& tx, Instant then, int limit);
Status drop_families(sql::Transaction& tx, const std::vector<FamilyId>& dead, Instant then);

}  // namespace latchkey::identity
