#include "vault/signing_key.h"

namespace latchkey::vault {

PresenceStrength achieved_strength(PresenceStrength presence, const KeyProtection& key) {
  if (!key.is_user_bound || key.level == SecurityLevel::software) return PresenceStrength::weak;
  if (key.level == SecurityLevel::separate_hardware && presence >= PresenceStrength::strong)
    return PresenceStrength::maximum;
  return PresenceStrength::strong;
}

}  // namespace latchkey::vault
