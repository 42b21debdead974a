#include "identity/login/sign_in_service.h"

namespace latchkey::identity {

CookieNames CookieNames::for_issuer(std::string_view issuer) {
  if (issuer.starts_with("https://")) return {"__Host-sid", "__Host-dev", "__Host-flow", true};
  return {"latchkey-local-sid", "latchkey-local-dev", "latchkey-local-flow", false};
}

}  // namespace latchkey::identity
