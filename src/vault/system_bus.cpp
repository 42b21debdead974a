#include "vault/system_bus.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace latchkey::vault::bus {
namespace {

const Target daemon{"org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus"};
constexpr const char* unknown_service = "org.freedesktop.DBus.Error.ServiceUnknown";

// When sd-bus itself wants to be called again.
int bus_timeout(sd_bus* bus) {
  std::uint64_t at = UINT64_MAX;
  if (sd_bus_get_timeout(bus, &at) < 0 || at == UINT64_MAX) return INT_MAX;
  return to_poll_millis(std::chrono::steady_clock::time_point(std::chrono::microseconds(at)) -
                        std::chrono::steady_clock::now());
}

int run_handler(sd_bus_message* message, void* handler, sd_bus_error*) {
  (*static_cast<std::function<void(sd_bus_message*)>*>(handler))(message);
  return 0;
}

const char* none_if_empty(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

}  // namespace

tl::unexpected<Error> Connection::unreachable() {
  return fail(Code::temporarily_unavailable, "the system's message bus does not answer");
}

Result<Connection> Connection::open(const std::string& address) {
  sd_bus* made = nullptr;
  if (sd_bus_new(&made) < 0) return unreachable();
  BusPtr bus(made);
  if (sd_bus_set_address(made, address.c_str()) < 0 || sd_bus_set_bus_client(made, 1) < 0) return unreachable();
  const int started = sd_bus_start(made);
  if (started == -ENOENT) return fail(Code::unsupported, "there is no system message bus; install and start dbus");
  if (started < 0) return unreachable();
  return Connection(std::move(bus));
}

Status Connection::wait_for_traffic(const Waiting& waiting) {
  TRY_DO(waiting.check());
  const int events = sd_bus_get_events(bus_.get());
  if (events < 0) return unreachable();
  pollfd fds[] = {{sd_bus_get_fd(bus_.get()), static_cast<short>(events), 0}, {waiting.wake_fd(), POLLIN, 0}};
  // An interrupted poll is just another round.
  ::poll(fds, 2, std::min(waiting.left(), bus_timeout(bus_.get())));
  return waiting.check();
}

Status Connection::wait(const Waiting& waiting, const std::function<bool()>& is_done) {
  while (!is_done()) {
    const int status = sd_bus_process(bus_.get(), nullptr);
    if (status < 0) return unreachable();
    if (status == 0) TRY_DO(wait_for_traffic(waiting));
  }
  return {};
}

Result<Reply> Connection::call(const Waiting& waiting, sd_bus_message* request) {
  Message reply;
  const auto take = [](sd_bus_message* message, void* into, sd_bus_error*) {
    static_cast<Message*>(into)->reset(sd_bus_message_ref(message));
    return 0;
  };
  sd_bus_slot* slot = nullptr;
  // Our own deadline ends it: a polkit dialog may take longer than sd-bus would wait.
  if (sd_bus_call_async(bus_.get(), &slot, request, take, &reply, UINT64_MAX) < 0) return unreachable();
  const SlotPtr holder(slot);
  TRY_DO(wait(waiting, [&] { return reply != nullptr; }));
  const sd_bus_error* error = sd_bus_message_get_error(reply.get());
  std::string name = error != nullptr && error->name != nullptr ? error->name : "";
  return Reply{std::move(reply), std::move(name)};
}

Result<Subscription> Connection::subscribe(const std::string& sender, const std::string& path, const char* interface,
                                           const char* member, std::function<void(sd_bus_message*)> handler) {
  Subscription made{std::make_unique<std::function<void(sd_bus_message*)>>(std::move(handler)), nullptr};
  sd_bus_slot* slot = nullptr;
  // The bus reads this before anything sent later on the same connection, so nothing caused by that is missed.
  if (sd_bus_match_signal_async(bus_.get(), &slot, none_if_empty(sender), none_if_empty(path), interface, member,
                                run_handler, nullptr, made.handler.get()) < 0)
    return unreachable();
  made.slot.reset(slot);
  return made;
}  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): it does not see the handler move into the answer

Result<std::string> Connection::get_owner(const Waiting& waiting, const char* name, uid_t required) {
  const auto absent = [] { return fail(Code::temporarily_unavailable, "the system's service does not start"); };
  TRY(Reply owner, call(waiting, daemon, "GetNameOwner", "s", name));
  if (!owner.error.empty()) {
    TRY(const Reply started, call(waiting, daemon, "StartServiceByName", "su", name, std::uint32_t{0}));
    if (started.error == unknown_service) return fail(Code::unsupported, "the system's service is not installed");
    if (!started.error.empty()) return absent();
    TRY(owner, call(waiting, daemon, "GetNameOwner", "s", name));
  }
  const char* unique = nullptr;
  if (!owner.error.empty() || sd_bus_message_read(owner.message.get(), "s", &unique) < 0) return absent();
  TRY(const Reply user, call(waiting, daemon, "GetConnectionUnixUser", "s", unique));
  std::uint32_t uid = UINT32_MAX;
  if (!user.error.empty() || sd_bus_message_read(user.message.get(), "u", &uid) < 0) return absent();
  if (uid != required) return fail(Code::permission_denied, "a program that is not the system's poses as its service");
  return std::string(unique);
}

std::string find_text_property(Connection& connection, const Waiting& waiting, const Target& target, const char* name) {
  const Target properties{target.destination, target.path, "org.freedesktop.DBus.Properties"};
  auto reply = connection.call(waiting, properties, "Get", "ss", target.interface, name);
  const char* text = nullptr;
  if (!reply || !reply->error.empty() || sd_bus_message_read(reply->message.get(), "v", "s", &text) < 0) return {};
  return text;
}

}  // namespace latchkey::vault::bus
