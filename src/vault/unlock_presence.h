// The user's presence as a condition of unlocking: vaults of type device_security. The vault asks for it before it asks
// a store for the key. Where the platform does not release keys to a presence (Linux, user_presence.h) that order is
// all there is: a changed program leaves it out. VaultStatus::is_key_bound says so.
#pragma once

#include "vault/slot.h"
#include "vault/user_presence.h"
#include "vault/vault_type.h"

namespace latchkey::vault {

using Presences = std::span<const std::unique_ptr<UserPresence>>;

// Whether a slot is the user's own knowledge: it opens the vault without a presence, and after the biometrics changed.
constexpr bool is_users_own(SlotKind kind) { return kind == SlotKind::passcode || kind == SlotKind::recovery_code; }
// Whether the user has to be there before that slot is opened.
bool needs_presence(const VaultProtection& protection, SlotKind kind);

// Who was recognised, and how.
struct Recognition {
  PresenceMethod method;
  EnrolmentDigest enrolment;
  // By the first method of the vault's device security; its enrolment is the one that is watched.
  bool is_primary = false;
};

// Asks the user, by the method that the protection chose and no other. `both`: the system's passcode when biometrics
// are not there, not set up, not permitted or locked out; not when the user says no. Fails: unsupported (no such
// presence, or below the minimum; nobody was asked), and as UserPresence::check.
Result<Recognition> recognise(Presences presences, const VaultProtection& protection, const KeyStore& store,
                              const WrappedKey& wrapped, const Prompt& prompt);
// Of the primary method; asks nobody. Fails: unsupported, and as UserPresence::enrolment_digest.
Result<EnrolmentDigest> primary_enrolment(Presences presences, const VaultProtection& protection);

// What recognise() would come to, asking nobody. May take five seconds, as UserPresence::status.
struct PresenceOutlook {
  std::optional<Error> problem;              // why nobody can be recognised now
  std::optional<PresenceStrength> strength;  // with that slot
  bool is_key_bound = false;                 // the platform itself releases the key to the presence
};
PresenceOutlook look_at_presence(Presences presences, const VaultProtection& protection, const KeyStore& store,
                                 const WrappedKey& wrapped);

}  // namespace latchkey::vault
