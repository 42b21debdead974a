// Tells when the desktop locks: from systemd-logind, on the system's bus. What counts is that the session's Lock signal
// was sent, that the desktop says its screen is locked (LockedHint), or that the machine is about to sleep or to shut
// down; of sleep it is told before, because a delay lock is held until the handler has returned. Believed is only the
// owner of the bus name, which must be root. Source: org.freedesktop.login1(5).
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>

#include "vault/lock_policy.h"

namespace latchkey::vault {

// Both run on the watching thread.
struct DesktopHandlers {
  // `vault.lock(reason)`; logind waits up to five seconds for it before the machine sleeps.
  std::function<void(LockReason)> on_lock;
  // Nothing is heard any more: lock, or decide otherwise. It goes on trying, and is heard of again by on_lock only.
  std::function<void(const Error&)> on_lost = {};
};

struct DesktopOptions {
  // For tests, which have a bus of their own. Empty: the system's.
  std::string bus_address = {};
  uid_t required_owner = 0;
  std::chrono::milliseconds retry_after = std::chrono::seconds(5);
};

// One thread. Any session of the calling user counts: an app does not know which one its user locks.
class DesktopSignals final {
 public:
  // Returns once the signals are watched. Fails: unsupported (no bus, no logind), temporarily_unavailable (no answer),
  // permission_denied.
  static Result<std::unique_ptr<DesktopSignals>> watch(DesktopHandlers handlers, DesktopOptions options = {});
  // Returns when the thread has ended; not from a handler.
  ~DesktopSignals();
  DesktopSignals(const DesktopSignals&) = delete;
  DesktopSignals& operator=(const DesktopSignals&) = delete;

 private:
  struct Inner;
  explicit DesktopSignals(std::unique_ptr<Inner> inner);
  std::unique_ptr<Inner> inner_;
};

}  // namespace latchkey::vault
