// A message bus that says whatever a script has: it takes one connection after the other, answers the calls in turn and
// sends signals in between, all written in advance, then hangs up. What it says need not make sense.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/bytes.h"

namespace latchkey::fuzz {

enum class BusSender { daemon, owner, stranger };

// The D-Bus wire format (D-Bus Specification, "Message Format"), little-endian.
class BusScript final {
 public:
  static constexpr std::string_view owner = ":1.7", stranger = ":1.9", client = ":1.42";

  BusScript() {
    bytes_ = "DATA\r\nOK 00112233445566778899aabbccddeeff\r\nAGREE_UNIX_FD\r\n";
    std::string name;
    append_text(name, client);
    reply("s", name);  // to Hello
  }

  // The answer to the next call; an error when it has a name.
  void reply(std::string_view signature, std::string_view body, std::string_view error = {}) {
    std::string fields;
    if (!error.empty()) append_field(fields, 4, 's', error);
    append_serial(fields, ++answered_);
    append_field(fields, 7, 's', name_of(BusSender::daemon));
    append_message(error.empty() ? 2 : 3, fields, signature, body);
  }

  struct Signal {
    BusSender sender;
    std::string_view path, interface, member;
  };
  void signal(const Signal& signal, std::string_view signature, std::string_view body) {
    std::string fields;
    append_field(fields, 1, 'o', signal.path);
    append_field(fields, 2, 's', signal.interface);
    append_field(fields, 3, 's', signal.member);
    append_field(fields, 7, 's', name_of(signal.sender));
    append_message(4, fields, signature, body);
  }

  std::string take() { return std::move(bytes_); }

  static void append_text(std::string& to, std::string_view text) {
    append_integer(to, static_cast<std::uint32_t>(text.size()));
    to.append(text).push_back('\0');
  }

 private:
  static std::string_view name_of(BusSender sender) {
    if (sender == BusSender::daemon) return "org.freedesktop.DBus";
    return sender == BusSender::owner ? owner : stranger;
  }
  static void append_integer(std::string& to, std::uint32_t number) {
    for (int shift = 0; shift < 32; shift += 8) to.push_back(static_cast<char>(number >> shift));
  }
  static void pad(std::string& to, std::size_t size) { to.resize((to.size() + size - 1) / size * size); }

  static void append_field(std::string& to, char code, char type, std::string_view text) {
    pad(to, 8);
    to.append({code, 1, type, '\0'});
    if (type == 'g') {
      to.push_back(static_cast<char>(text.size()));
      to.append(text).push_back('\0');
    } else {
      append_text(to, text);
    }
  }
  static void append_serial(std::string& to, std::uint32_t serial) {
    pad(to, 8);
    to.append({5, 1, 'u', '\0'});
    append_integer(to, serial);
  }

  void append_message(char type, std::string fields, std::string_view signature, std::string_view body) {
    if (!signature.empty()) append_field(fields, 8, 'g', signature);
    std::string message{'l', type, 1, 1};
    append_integer(message, static_cast<std::uint32_t>(body.size()));
    append_integer(message, ++sent_);
    append_integer(message, static_cast<std::uint32_t>(fields.size()));
    message += fields;
    pad(message, 8);
    bytes_.append(message).append(body);
  }

  std::string bytes_;
  std::uint32_t answered_ = 0, sent_ = 0;
};

// Lives as long as the process, on a name in no file system.
class ScriptedBus final {
 public:
  ScriptedBus() : name_("latchkey-fuzz-" + std::to_string(::getpid())) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name_.data(), name_.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name_.size());
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 8) != 0)
      std::abort();
    std::thread([this] { serve(); }).detach();
  }

  std::string address() const { return "unix:abstract=" + name_; }
  // What the connections from now on are told.
  void say(std::string bytes) {
    const std::lock_guard lock(mutex_);
    bytes_ = std::move(bytes);
  }

 private:
  void serve() {
    for (;;) {
      const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0) continue;
      {
        const std::lock_guard lock(mutex_);
        static_cast<void>(::send(peer, bytes_.data(), bytes_.size(), MSG_NOSIGNAL));
      }
      ::shutdown(peer, SHUT_WR);
      char heard[4096];
      while (::recv(peer, heard, sizeof heard, 0) > 0) continue;
      ::close(peer);
    }
  }

  std::string name_;
  int listener_ = -1;
  std::mutex mutex_;
  std::string bytes_;
};

}  // namespace latchkey::fuzz
