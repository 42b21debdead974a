// A presence that answers as a program says: for tests. What it confirms says `scripted`, in signed statements too, and
// no server accepts that unless it was told to.
#pragma once

#include <functional>
#include <memory>

#include "vault/user_presence.h"

namespace latchkey::vault {

struct PresenceScript {
  std::function<Status(const Prompt&)> answer = [](const Prompt&) { return Status(); };
  PresenceStrength strength = PresenceStrength::weak;
  EnrolmentDigest enrolment{};
  PresenceStatus status{.is_available = true, .is_enrolled = true, .permission = Permission::granted};
};

// `script` is read at every call; change it between calls.
std::unique_ptr<UserPresence> make_scripted_presence(std::shared_ptr<const PresenceScript> script);

}  // namespace latchkey::vault
