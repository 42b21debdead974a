#include "identity/checks/client_authentication.h"

#include "crypto/constant_time.h"
#include "crypto/digest.h"

namespace latchkey::identity {

// Secrets have 256 random bits, so one SHA-256 protects them as well as a slow hash would.
Result<std::shared_ptr<const Client>> authenticate_client(const ClientStore& clients,
                                                          const protocol::oauth::ClientAuthentication& presented) {
  static constexpr ByteArray<32> no_hash{};
  auto client = clients.find(presented.client_id);
  const bool is_confidential = client && client->kind == ClientKind::confidential;
  bool is_right = client && !is_confidential && !presented.secret;
  if (presented.secret) {
    const auto hash = crypto::sha256(presented.secret->reveal());
    is_right = crypto::equal(hash, is_confidential ? client->secret_hash : no_hash) && is_confidential;
  }
  if (!is_right) return fail(Code::invalid_client, "client authentication failed");
  return client;
}

}  // namespace latchkey::identity
