// The event "session revoked" of CAEP 1.0 (section 3.1) as a Security Event Token (RFC 8417): what gateways and
// partners are pushed (RFC 8935) when a session ended.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"

namespace latchkey::protocol::oauth {

// Who set it off (CAEP section 2): `policy` when the server found misuse.
enum class InitiatingEntity { admin, user, policy };

struct SessionRevoked {
  std::string issuer, audience;
  std::string token_id;  // `jti`: the same however often this event is sent
  Instant issued_at;
  // The session of one user in one application: the whole of the subject must match, so that other applications of the
  // same browser session are not meant.
  std::string user, session_id, client_id;
  Instant happened_at;
  InitiatingEntity initiator = InitiatingEntity::user;
  std::string reason;  // for administrators, in English; log-safe
};

// The payload, for a JwsSigner with typ "secevent+jwt". No `sub` and no `exp`: it must never pass for another kind of
// token (SSF 1.0 section 4.1).
std::string print_session_revoked_claims(const SessionRevoked& event);

}  // namespace latchkey::protocol::oauth
