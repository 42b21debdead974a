// A message bus of a test's own, with the daemons the test wants on it. Nothing here touches the system's bus.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <string>

#include "tests/support/vault/child_process.h"
#include "tests/support/vault/test_vaults.h"
#include "vault/system_bus.h"

namespace latchkey::vault::testing {

inline constexpr std::chrono::seconds patience{30};

// Debian's, which has dbusmock.
inline constexpr const char* python = "/usr/bin/python3";
inline bool has_dbusmock() {
  return is_program(python) && std::system("/usr/bin/python3 -c 'import dbusmock' > /dev/null 2>&1") == 0;  // NOLINT
}

class PrivateBus final {
 public:
  PrivateBus() {
    std::ofstream(folder_.file("bus.conf")) << configuration();
    daemon_ = ChildProcess({"dbus-daemon", "--config-file=" + folder_.file("bus.conf").string(), "--nofork",
                            "--nopidfile", "--print-address=1"},
                           {.log = log()});
    wait_for_socket();
    auto opened = bus::Connection::open(address());
    EXPECT_TRUE(opened.has_value());
    control_ = std::make_unique<bus::Connection>(*std::move(opened));
  }

  std::string address() const { return "unix:path=" + folder_.file("bus").string(); }
  std::string log() const { return folder_.file("log").string(); }
  const TemporaryFolder& folder() const { return folder_; }
  bus::Connection& control() { return *control_; }

  // Starts a daemon on this bus and waits until it owns `name`.
  ChildProcess start(const std::vector<std::string>& command, const std::string& name,
                     std::vector<std::string> settings = {}, uid_t uid = ::geteuid()) {
    settings.push_back("DBUS_SYSTEM_BUS_ADDRESS=" + address());
    const Waiting waiting(patience, {});
    bool is_owned = false;
    auto watch = control_->subscribe("org.freedesktop.DBus", "", "org.freedesktop.DBus", "NameOwnerChanged",
                                     [&](sd_bus_message* message) {
                                       const char *changed = nullptr, *before = nullptr, *after = nullptr;
                                       sd_bus_message_read(message, "sss", &changed, &before, &after);
                                       if (changed == name && *after != '\0') is_owned = true;
                                     });
    ChildProcess child(command, {settings, log(), uid});
    EXPECT_TRUE(control_->wait(waiting, [&] { return is_owned || !child.is_running(); }).has_value());
    EXPECT_TRUE(is_owned) << name << " did not come up";
    return child;
  }
  ChildProcess start_mock(const std::string& name_of_template, const std::string& name) {
    return start({python, "-m", "dbusmock", "--system", "--template", name_of_template}, name);
  }

  template <class... Arguments>
  std::string call(const bus::Target& target, const char* member, const char* types, Arguments... arguments) {
    const Waiting waiting(patience, {});
    const auto reply = control_->call(waiting, target, member, types, arguments...);
    return reply ? reply->error : to_string(reply.error());
  }

 private:
  static std::string configuration_head() {
    return "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" "
           "\"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">";
  }
  std::string configuration() const {
    return configuration_head() + "<busconfig><type>system</type><listen>" + address() +
           "</listen><auth>EXTERNAL</auth><policy context=\"default\"><allow user=\"*\"/><allow own=\"*\"/>"
           "<allow send_type=\"*\" send_destination=\"*\"/><allow eavesdrop=\"true\"/><allow receive_type=\"*\"/>"
           "</policy></busconfig>";
  }
  // The daemon prints its address once it listens.
  void wait_for_socket() {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < deadline) {
      std::ifstream in(log());
      std::string line;
      if (std::getline(in, line) && line.starts_with("unix:")) return;
      ::usleep(1000);
    }
    ADD_FAILURE() << "dbus-daemon did not come up";
  }

  TemporaryFolder folder_;
  ChildProcess daemon_;
  std::unique_ptr<bus::Connection> control_;
};

}  // namespace latchkey::vault::testing
