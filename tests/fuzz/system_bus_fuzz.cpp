// Links: vault
// What fprintd and systemd-logind say on the system's bus, the bus among them: a script of answers and signals, over a
// real socket to the code that asks. Nobody is recognised but by a whole signal of the service's owner, nobody is
// believed who is not the required user, every wait ends, and no error repeats what a service said.
// The script: a letter for the service, then messages: kind, signature and body, each with its length in one byte.
#include <algorithm>
#include <vector>

#include "tests/fuzz/property.h"
#include "tests/fuzz/scripted_bus.h"
#include "vault/login_watch.h"
#include "vault/user_presences/fprint_reader.h"

using namespace latchkey;
using namespace latchkey::vault;
using fuzz::BusScript;
using fuzz::BusSender;
using fuzz::holds;

namespace {

constexpr uid_t service_user = 4711;
constexpr std::string_view reader_path = "/net/reactivated/Fprint/Device/0";
constexpr std::string_view session_path = "/org/freedesktop/login1/session/_31";

enum class Kind : std::uint8_t { answer, error, signal, foreign_signal, name_lost, lock, properties, sleep };
struct Message {
  Kind kind;
  std::string_view signature, body;
};

std::string_view take_text(std::string_view& from) {
  if (from.empty()) return {};
  const std::size_t size = std::min<std::size_t>(static_cast<unsigned char>(from.front()), from.size() - 1);
  const std::string_view text = from.substr(1, size);
  from.remove_prefix(1 + size);
  return text;
}

std::vector<Message> read_messages(std::string_view script) {
  std::vector<Message> messages;
  while (!script.empty() && messages.size() < 64) {
    const auto kind = static_cast<Kind>(script.front() & 7);
    script.remove_prefix(1);
    const std::string_view signature = take_text(script);
    messages.push_back({kind, signature, take_text(script)});
  }
  return messages;
}

BusScript::Signal signal_of(Kind kind) {
  const BusScript::Signal scan{BusSender::owner, reader_path, "net.reactivated.Fprint.Device", "VerifyStatus"};
  switch (kind) {
    case Kind::foreign_signal:
      return {BusSender::stranger, scan.path, scan.interface, scan.member};
    case Kind::name_lost:
      return {BusSender::daemon, "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged"};
    case Kind::lock:
      return {BusSender::owner, session_path, "org.freedesktop.login1.Session", "Lock"};
    case Kind::properties:
      return {BusSender::owner, session_path, "org.freedesktop.DBus.Properties", "PropertiesChanged"};
    case Kind::sleep:
      return {BusSender::owner, "/org/freedesktop/login1", "org.freedesktop.login1.Manager", "PrepareForSleep"};
    default:
      return scan;
  }
}

std::string write_script(const std::vector<Message>& messages) {
  BusScript script;
  for (const Message& message : messages) {
    if (message.kind == Kind::answer)
      script.reply(message.signature, message.body);
    else if (message.kind == Kind::error)
      script.reply("", "", message.signature);
    else
      script.signal(signal_of(message.kind), message.signature, message.body);
  }
  return script.take();
}

bool says(const std::vector<Message>& messages, Kind kind, std::string_view signature, std::string_view body) {
  return std::ranges::any_of(messages, [&](const Message& message) {
    return message.kind == kind && message.signature.starts_with(signature) && message.body.starts_with(body);
  });
}

// Of literals of ours.
void check_error(const Error& error) {
  constexpr Code codes[] = {Code::temporarily_unavailable, Code::permission_denied, Code::not_enrolled};
  holds(std::ranges::find(codes, error.code) != std::end(codes), "the service's failures are these");
  holds(error.detail.size() <= 80, "an error does not repeat what was said");
}

template <class T>
bool is_fine(const Result<T>& result) {
  if (!result) check_error(result.error());
  return result.has_value();
}

void check_owner(const std::vector<Message>& messages) {
  static const std::string user{char(service_user & 0xff), char(service_user >> 8), 0, 0};
  holds(says(messages, Kind::answer, "u", user), "nobody else is believed to be the service");
}

// By the owner of the service's name, who is whom the bus says.
bool says_match(const std::vector<Message>& messages) {
  static const std::string match = std::string("\x0c\0\0\0verify-match\0", 17);
  static const std::string stranger = std::string("\x04\0\0\0", 4) + std::string(BusScript::stranger) + '\0';
  return says(messages, Kind::signal, "sb", match) ||
         (says(messages, Kind::answer, "s", stranger) && says(messages, Kind::foreign_signal, "sb", match));
}

void check_reader(const std::string& address, const std::vector<Message>& messages) {
  const Waiting waiting(std::chrono::seconds(30), {});
  auto reader = FprintReader::find({.bus_address = address, .required_owner = service_user}, waiting);
  if (!is_fine(reader)) return;
  check_owner(messages);
  if (!is_fine((*reader)->get_enrolment(waiting)) || !is_fine((*reader)->claim(waiting))) return;
  for (int scans = 0; scans < 4; ++scans) {
    const auto result = (*reader)->scan(waiting);
    if (!is_fine(result)) return;
    holds(*result != ScanResult::match || says_match(messages), "a match is the reader's word");
  }
}

void check_login(const std::string& address, const std::vector<Message>& messages) {
  auto watch = LoginWatch::open({.bus_address = address, .required_owner = service_user}, {});
  if (!is_fine(watch)) return;
  check_owner(messages);
  std::size_t locked = 0;
  const Status end = (*watch)->run({.on_lock = [&](LockReason) { ++locked; }}, {});
  holds(!end && end.error().code == Code::temporarily_unavailable, "it is noticed that the service is gone");
  const auto signals = std::ranges::count_if(messages, [](const auto& message) { return message.kind >= Kind::lock; });
  holds(locked <= static_cast<std::size_t>(signals), "what was never said locks nothing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static auto* const bus = new fuzz::ScriptedBus();  // its thread goes on as long as the process
  std::string_view script = fuzz::text_of(data, size);
  if (script.empty()) return 0;
  const bool is_reader = script.front() == 'f';
  const auto messages = read_messages(script.substr(1));
  bus->say(write_script(messages));
  if (is_reader)
    check_reader(bus->address(), messages);
  else
    check_login(bus->address(), messages);
  return 0;
}
