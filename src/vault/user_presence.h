// Whether the user is there, as far as the platform can tell, without a key being involved.
//
// Strength, and why Linux stays at `weak`. A fingerprint daemon or PAM answers yes or no; a program that is tampered
// with ignores the no. Only a key that hardware refuses to use without the user makes an answer worth more:
//   weak     the platform said yes, nothing enforces it: every adapter for Linux in user_presences/
//   strong   hardware (TEE, TPM, chip) demands the user for every use of the key: achieved_strength(). On Linux a key
//   in
//            the TPM that asks for its PIN; it is the PIN that makes it so, not the fingerprint
//   maximum  the same in a chip of its own, and the recognition itself is the platform's strong class: not on Linux
// A caller states the least it takes; below it nobody is asked and the answer is `unsupported`.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "crypto/digest.h"
#include "protocol/presence_statement.h"
#include "vault/key_store.h"

namespace latchkey::vault {

using protocol::PresenceMethod;
using protocol::PresenceStrength;

// Differs once the set of what the platform recognises has changed: a finger added or removed, another reader. The
// platform's own names only, hashed. What it cannot show is a change under the same name.
using EnrolmentDigest = crypto::Sha256Digest;

// Proof that a check succeeded just now. Only adapters make one, it cannot be copied, and a gated key takes it away:
// one presence, one signature.
class Presence final {
 public:
  PresenceMethod method() const { return method_; }
  PresenceStrength strength() const { return strength_; }
  const EnrolmentDigest& enrolment() const { return enrolment_; }

  Presence(Presence&&) = default;
  Presence& operator=(Presence&&) = default;
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

 private:
  friend class UserPresence;
  Presence(PresenceMethod method, PresenceStrength strength, const EnrolmentDigest& enrolment)
      : method_(method), strength_(strength), enrolment_(enrolment) {}

  PresenceMethod method_;
  PresenceStrength strength_;
  EnrolmentDigest enrolment_;
};

enum class Permission { granted, denied, unknown };
std::string_view name_of(Permission permission);

// One way to recognise the user, as far as can be told without asking anybody.
struct PresenceStatus {
  PresenceMethod method = PresenceMethod::scripted;
  PresenceStrength strength = PresenceStrength::weak;
  bool is_available = false;  // the reader and the service are there
  bool is_enrolled = false;
  Permission permission = Permission::unknown;
  bool key_bound = false;                        // the platform releases keys to it
  std::optional<Instant> locked_out_until = {};  // too many failures in this process
  std::optional<Error> problem = {};             // why it cannot be used now
};

// What an adapter wants the app to show while it waits; the words are the app's.
enum class PresenceHint { touch, swipe_longer, center, lift_and_repeat, repeat, not_recognised };
std::string_view name_of(PresenceHint hint);

// Thread-safe.
class UserPresence {
 public:
  virtual ~UserPresence() = default;
  virtual PresenceMethod method() const = 0;
  // Takes five seconds at most.
  virtual PresenceStatus status() = 0;
  // Asks the user; `prompt.reason` is shown where the platform has a dialog of its own. Blocks up to prompt.timeout.
  // Fails: user_cancelled, cancelled, presence_timeout, locked_out (detail: seconds to wait), not_enrolled,
  // permission_denied, unsupported (no service or no reader on this machine; the detail names what to install),
  // temporarily_unavailable (in use, or no answer), busy (a check of this object is under way), wrong_passcode (where
  // one was asked for).
  virtual Result<Presence> check(const Prompt& prompt) = 0;
  // Without asking the user. Fails: not_enrolled, permission_denied, unsupported, temporarily_unavailable.
  virtual Result<EnrolmentDigest> enrolment_digest() = 0;

 protected:
  static Presence confirm(PresenceMethod method, PresenceStrength strength, const EnrolmentDigest& enrolment) {
    return {method, strength, enrolment};
  }
};

// The digest of `names`, in any order: "latchkey/v1/presence/enrolment" | method | each name behind its length.
EnrolmentDigest digest_of_enrolment(PresenceMethod method, std::vector<std::string> names);

// Everything an app asks before it offers a sign-in by presence, in one answer.
struct Capabilities {
  std::vector<PresenceStatus> types;
  std::optional<PresenceStrength> strength;  // the best of those usable now, without a key; none: nothing is usable
  bool enrolled = false;                     // any of the types but the device credential
  Permission permission = Permission::unknown;
  std::optional<Instant> locked_out_until;  // until the first type may be tried again; none: one may be tried now
  bool device_credential = false;           // the device's own password can be asked for
  bool secure_hardware = false;             // one of the key stores keeps keys in hardware; give those that are there
  bool key_bound = false;                   // presence releases a key; never on Linux
};
Capabilities get_capabilities(std::span<const std::unique_ptr<UserPresence>> presences,
                              std::span<const std::unique_ptr<KeyStore>> key_stores);

}  // namespace latchkey::vault
