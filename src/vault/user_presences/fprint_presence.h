// Fingerprints through fprintd (net.reactivated.Fprint) on the system's bus. The daemon answers with a signal and
// releases no key, so its strength is `weak`. Believed is only the owner of the bus name, which must be root, and only
// signals from that connection about the reader we claimed. Source: the interfaces of fprintd 1.94.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>

#include "vault/user_presence.h"

namespace latchkey::vault {

struct FprintOptions {
  // On the thread that checks: fprintd has no dialog of its own.
  std::function<void(PresenceHint)> on_hint = {};
  // For tests, which have a bus of their own. Empty: the system's.
  std::string bus_address = {};
  uid_t required_owner = 0;
};

// A check tries until a failure that sets a wait (lock_policy.h: the fourth in a row), and answers locked_out then. Any
// enrolled finger of the calling user will do where the reader can identify, else the one that fprintd chooses. The
// reader is given back whatever happens. An enrolment is told from another by the reader's name and the names of the
// enrolled fingers: a finger enrolled anew under the same name is not noticed, for fprintd does not show it. `clock`
// outlives it.
std::unique_ptr<UserPresence> make_fprint_presence(const Clock& clock, FprintOptions options = {});

}  // namespace latchkey::vault
