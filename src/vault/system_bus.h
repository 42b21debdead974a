// A connection of its own to the machine's message bus, over sd-bus, with waits that end at a deadline or when the
// caller wants to stop. For the adapters of system services only: includes sd-bus.
#pragma once

#include <sys/types.h>
#include <systemd/sd-bus.h>

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "vault/waiting.h"

namespace latchkey::vault::bus {

// Not $DBUS_SYSTEM_BUS_ADDRESS: on a bus that the environment chose, whoever runs the bus says who is root.
inline constexpr const char* system_address = "unix:path=/run/dbus/system_bus_socket";

template <auto unref>
struct Unref {
  template <class T>
  void operator()(T* object) const {
    unref(object);
  }
};
using BusPtr = std::unique_ptr<sd_bus, Unref<sd_bus_close_unref>>;
using Message = std::unique_ptr<sd_bus_message, Unref<sd_bus_message_unref>>;
using SlotPtr = std::unique_ptr<sd_bus_slot, Unref<sd_bus_slot_unref>>;

struct Target {
  std::string destination;
  std::string path;
  const char* interface;
};

// What a method call brought: a message, or the name of the D-Bus error.
struct Reply {
  Message message;
  std::string error;  // empty: none
};

// Runs `handler` for every matching signal while it lives; the connection outlives it.
struct Subscription {
  std::unique_ptr<std::function<void(sd_bus_message*)>> handler;
  SlotPtr slot;
};

// One thread at a time. Fails everywhere: cancelled, presence_timeout, temporarily_unavailable (the bus does not
// answer).
class Connection final {
 public:
  // Fails also: unsupported (there is no bus at that address).
  static Result<Connection> open(const std::string& address);

  // `types` and what follows as for sd_bus_message_append(3).
  template <class... Arguments>
  Result<Reply> call(const Waiting& waiting, const Target& target, const char* member, const char* types,
                     Arguments... arguments) {
    sd_bus_message* request = nullptr;
    int status = sd_bus_message_new_method_call(bus_.get(), &request, target.destination.c_str(), target.path.c_str(),
                                                target.interface, member);
    const Message holder(request);
    if (status >= 0 && *types != '\0') status = sd_bus_message_append(request, types, arguments...);
    if (status < 0) return unreachable();
    return call(waiting, request);
  }

  // Signals from that unique name only: the bus vouches for the sender. Empty texts match everything.
  Result<Subscription> subscribe(const std::string& sender, const std::string& path, const char* interface,
                                 const char* member, std::function<void(sd_bus_message*)> handler);

  // Dispatches what arrives until `is_done` says so.
  Status wait(const Waiting& waiting, const std::function<bool()>& is_done);

  // The unique name of the owner of `name`, which is started if it is not there. Fails also: unsupported (nothing that
  // is installed provides it), permission_denied when the owner is not `required`.
  Result<std::string> get_owner(const Waiting& waiting, const char* name, uid_t required);

 private:
  explicit Connection(BusPtr bus) : bus_(std::move(bus)) {}
  static tl::unexpected<Error> unreachable();
  Result<Reply> call(const Waiting& waiting, sd_bus_message* request);
  Status wait_for_traffic(const Waiting& waiting);

  BusPtr bus_;
};

// A text property, or empty.
std::string find_text_property(Connection& connection, const Waiting& waiting, const Target& target, const char* name);

}  // namespace latchkey::vault::bus
