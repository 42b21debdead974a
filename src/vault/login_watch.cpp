#include "vault/login_watch.h"

#include <fcntl.h>

namespace latchkey::vault {
namespace {

constexpr const char* login_service = "org.freedesktop.login1";
constexpr const char* manager_path = "/org/freedesktop/login1";
constexpr const char* manager_interface = "org.freedesktop.login1.Manager";
constexpr const char* session_interface = "org.freedesktop.login1.Session";
constexpr std::string_view session_prefix = "/org/freedesktop/login1/session/";
constexpr std::chrono::seconds call_timeout{5};

std::string path_of(sd_bus_message* message) {
  const char* path = sd_bus_message_get_path(message);
  return path != nullptr ? path : "";
}

// Whether a map of properties, at which `message` stands, sets LockedHint.
bool sets_locked_hint(sd_bus_message* message) {
  if (sd_bus_message_enter_container(message, 'a', "{sv}") < 0) return false;
  while (sd_bus_message_enter_container(message, 'e', "sv") > 0) {
    const char* name = nullptr;
    if (sd_bus_message_read(message, "s", &name) < 0) return false;
    int is_set = 0;
    if (std::string_view(name) == "LockedHint") return sd_bus_message_read(message, "v", "b", &is_set) >= 0 && is_set;
    if (sd_bus_message_skip(message, "v") < 0 || sd_bus_message_exit_container(message) < 0) return false;
  }
  return false;
}

}  // namespace

Result<std::unique_ptr<LoginWatch>> LoginWatch::open(const DesktopOptions& options, const std::stop_token& stop) {
  const Waiting waiting(call_timeout, stop);
  const std::string& address = options.bus_address;
  TRY(auto connection, bus::Connection::open(address.empty() ? bus::system_address : address));
  TRY(std::string owner, connection.get_owner(waiting, login_service, options.required_owner));
  std::unique_ptr<LoginWatch> watch(new LoginWatch(std::move(connection), std::move(owner)));
  TRY_DO(watch->subscribe());
  // Its answer comes after the bus has read the subscriptions: from here on nothing is missed.
  watch->take_delay_lock(stop);
  return watch;
}

Status LoginWatch::listen(const char* path, const char* interface, const char* member,
                          std::function<void(sd_bus_message*)> handler) {
  TRY(auto subscription, connection_.subscribe(owner_, path, interface, member, std::move(handler)));
  subscriptions_.push_back(std::move(subscription));
  return {};
}

Status LoginWatch::subscribe() {
  TRY_DO(listen("", session_interface, "Lock",
                [this](sd_bus_message* message) { noted_.push_back({Event::session_locked, path_of(message)}); }));
  TRY_DO(listen("", "org.freedesktop.DBus.Properties", "PropertiesChanged",
                [this](sd_bus_message* message) { note_properties(message); }));
  for (const char* member : {"PrepareForSleep", "PrepareForShutdown"})
    TRY_DO(
        listen(manager_path, manager_interface, member, [this](sd_bus_message* message) { note_going_down(message); }));
  TRY(auto on_owner, connection_.subscribe("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                           "NameOwnerChanged", [this](sd_bus_message* message) {
                                             const char* name = nullptr;
                                             if (sd_bus_message_read(message, "s", &name) >= 0 && owner_ == name)
                                               noted_.push_back({Event::lost});
                                           }));
  subscriptions_.push_back(std::move(on_owner));
  return {};
}

void LoginWatch::note_properties(sd_bus_message* message) {
  const std::string path = path_of(message);
  const char* interface = nullptr;
  if (!path.starts_with(session_prefix) || sd_bus_message_read(message, "s", &interface) < 0) return;
  if (interface != std::string_view(session_interface) || !sets_locked_hint(message)) return;
  noted_.push_back({Event::session_locked, path});
}

void LoginWatch::note_going_down(sd_bus_message* message) {
  int is_starting = 0;
  if (sd_bus_message_read(message, "b", &is_starting) < 0) return;
  noted_.push_back({is_starting != 0 ? Event::going_down : Event::awake_again});
}

Status LoginWatch::run(const DesktopHandlers& handlers, const std::stop_token& stop) {
  while (true) {
    const Waiting waiting(std::chrono::hours(24), stop);
    const Status status = connection_.wait(waiting, [this] { return !noted_.empty(); });
    if (!status && status.error().code == Code::presence_timeout) continue;
    TRY_DO(status);
    const Noted noted = std::move(noted_.front());
    noted_.pop_front();
    TRY_DO(handle(noted, handlers, stop));
  }
}

Status LoginWatch::handle(const Noted& noted, const DesktopHandlers& handlers, const std::stop_token& stop) {
  switch (noted.event) {
    case Event::session_locked:
      if (is_our_session(noted.session, stop)) handlers.on_lock(LockReason::screen_off);
      return {};
    case Event::going_down:
      handlers.on_lock(LockReason::screen_off);
      (void)delay_lock_.close();
      return {};
    case Event::awake_again:
      take_delay_lock(stop);
      return {};
    case Event::lost:
      break;
  }
  return fail(Code::temporarily_unavailable, "the login service went away");
}

// When it cannot be told whose session it is, it is ours: locking once too often harms nobody.
bool LoginWatch::is_our_session(const std::string& path, const std::stop_token& stop) {
  const Waiting waiting(call_timeout, stop);
  const bus::Target properties{owner_, path, "org.freedesktop.DBus.Properties"};
  const auto reply = connection_.call(waiting, properties, "Get", "ss", session_interface, "User");
  std::uint32_t user = 0;
  const char* user_path = nullptr;
  if (!reply || !reply->error.empty() || sd_bus_message_read(reply->message.get(), "v", "(uo)", &user, &user_path) < 0)
    return true;
  return user == ::getuid();
}

void LoginWatch::take_delay_lock(const std::stop_token& stop) {
  (void)delay_lock_.close();
  const Waiting waiting(call_timeout, stop);
  const bus::Target manager{owner_, manager_path, manager_interface};
  const auto reply = connection_.call(waiting, manager, "Inhibit", "ssss", "sleep", "Latchkey",
                                      "locks the vault before the machine sleeps", "delay");
  int fd = -1;
  if (!reply || !reply->error.empty() || sd_bus_message_read(reply->message.get(), "h", &fd) < 0) return;
  delay_lock_ = FileDescriptor(::fcntl(fd, F_DUPFD_CLOEXEC, 3));  // the message closes its own
}

}  // namespace latchkey::vault
