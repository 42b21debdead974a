#include "identity/tokens/family.h"

namespace latchkey::identity {

std::string_view name_of(RevocationReason reason) {
  switch (reason) {
    case RevocationReason::none:
      return "none";
    case RevocationReason::reuse:
      return "reuse";
    case RevocationReason::code_reuse:
      return "code_reuse";
    case RevocationReason::client_request:
      return "client_request";
    case RevocationReason::signed_out:
      return "signed_out";
    case RevocationReason::password_changed:
      return "password_changed";
    case RevocationReason::account_disabled:
      return "account_disabled";
    case RevocationReason::administrator:
      return "administrator";
  }
  return "none";
}

}  // namespace latchkey::identity
