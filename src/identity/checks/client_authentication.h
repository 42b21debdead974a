// Is this client who it says? (RFC 6749 sections 2.3 and 3.2.1). Two methods at once were refused while parsing.
#pragma once

#include <memory>

#include "base/result.h"
#include "identity/clients/client_store.h"
#include "protocol/oauth/client_authentication.h"

namespace latchkey::identity {

// A public client names itself and sends no secret; a confidential one sends its secret. Takes the same time for an
// unknown client as for a wrong secret. Fails: invalid_client.
Result<std::shared_ptr<const Client>> authenticate_client(const ClientStore& clients,
                                                          const protocol::oauth::ClientAuthentication& presented);

}  // namespace latchkey::identity
