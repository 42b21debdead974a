// One connection to systemd-logind and what it says about locking. Includes sd-bus.
#pragma once

#include <deque>

#include "base/file_descriptor.h"
#include "vault/desktop_signals.h"
#include "vault/system_bus.h"

namespace latchkey::vault {

// One thread.
class LoginWatch final {
 public:
  // Fails: unsupported (no bus, no logind), temporarily_unavailable, permission_denied, cancelled.
  static Result<std::unique_ptr<LoginWatch>> open(const DesktopOptions& options, const std::stop_token& stop);
  LoginWatch(const LoginWatch&) = delete;
  LoginWatch& operator=(const LoginWatch&) = delete;

  // Until it is stopped (cancelled) or logind is gone (temporarily_unavailable).
  Status run(const DesktopHandlers& handlers, const std::stop_token& stop);

 private:
  // Handlers of the bus only note what came: they must not call the bus themselves.
  enum class Event { session_locked, going_down, awake_again, lost };
  struct Noted {
    Event event;
    std::string session = {};
  };

  LoginWatch(bus::Connection connection, std::string owner)
      : connection_(std::move(connection)), owner_(std::move(owner)) {}
  Status subscribe();
  Status listen(const char* path, const char* interface, const char* member,
                std::function<void(sd_bus_message*)> handler);
  void note_properties(sd_bus_message* message);
  void note_going_down(sd_bus_message* message);
  Status handle(const Noted& noted, const DesktopHandlers& handlers, const std::stop_token& stop);
  bool is_our_session(const std::string& path, const std::stop_token& stop);
  // Keeps the machine from sleeping before the handler was run; without one the signal still comes, perhaps too late.
  void take_delay_lock(const std::stop_token& stop);

  bus::Connection connection_;
  std::string owner_;
  std::deque<Noted> noted_;
  std::vector<bus::Subscription> subscriptions_;
  FileDescriptor delay_lock_;
};

}  // namespace latchkey::vault
