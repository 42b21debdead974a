// The real fprintd with the virtual reader of libfprint on a bus of its own; only polkit is a mock (dbusmock).
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include "tests/support/vault/private_bus.h"
#include "vault/user_presences/fprint_presence.h"

namespace latchkey::vault::testing {

inline constexpr const char* fprintd_program = "/usr/libexec/fprintd";

class FingerprintWorld final {
 public:
  FingerprintWorld() : polkit_(bus_.start_mock("polkitd", "org.freedesktop.PolicyKit1")) {
    allow(true);
    start_daemon();
  }

  PrivateBus& bus() { return bus_; }
  ChildProcess& daemon() { return daemon_; }
  FprintOptions options() const {
    return {.on_hint = {}, .bus_address = bus_.address(), .required_owner = ::geteuid()};
  }

  void start_daemon() {
    const std::filesystem::path state = bus_.folder().file("state");
    std::filesystem::create_directories(state);
    daemon_ = bus_.start({fprintd_program, "-t"}, service,
                         {"FP_VIRTUAL_DEVICE=" + sensor(), "STATE_DIRECTORY=" + state.string()});
    const Waiting waiting(patience, {});
    const auto reply =
        bus_.control().call(waiting, {service, "/net/reactivated/Fprint/Manager", "net.reactivated.Fprint.Manager"},
                            "GetDefaultDevice", "");
    const char* path = "";
    ASSERT_TRUE(reply.has_value() && reply->error.empty()) << (reply ? reply->error : to_string(reply.error()));
    ASSERT_GE(sd_bus_message_read(reply->message.get(), "o", &path), 0);
    device_ = {service, path, "net.reactivated.Fprint.Device"};
  }

  void allow(bool everything) {
    const bus::Target mock{"org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority",
                           "org.freedesktop.DBus.Mock"};
    EXPECT_EQ(bus_.call(mock, "AllowUnknown", "b", everything ? 1 : 0), "");
  }

  // What the reader's socket takes: "SCAN finger-a", "RETRY 1", "ERROR 0". The socket is there while somebody has
  // claimed the reader: waits for that.
  void sense(const std::string& command) const {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!try_to_sense(command)) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "nobody claims the reader";
      ::usleep(1000);
    }
  }

  void enrol(const char* finger, const std::string& print) {
    const Waiting waiting(patience, {});
    std::string stage;
    auto watch = bus_.control().subscribe("", device_.path, device_.interface, "EnrollStatus", [&](auto* message) {
      const char* word = "";
      sd_bus_message_read(message, "s", &word);
      stage = word;
    });
    ASSERT_EQ(bus_.call(device_, "Claim", "s", ""), "");
    ASSERT_EQ(bus_.call(device_, "EnrollStart", "s", finger), "");
    while (stage != "enroll-completed") {
      const std::string before = std::exchange(stage, "");
      sense("SCAN " + print);
      ASSERT_TRUE(bus_.control().wait(waiting, [&] { return !stage.empty(); }).has_value());
      ASSERT_TRUE(stage == "enroll-stage-passed" || stage == "enroll-completed") << stage << " after " << before;
    }
    ASSERT_EQ(bus_.call(device_, "EnrollStop", ""), "");
    ASSERT_EQ(bus_.call(device_, "Release", ""), "");
  }
  void forget_fingers() {
    if (bus_.call(device_, "Claim", "s", "") != "") return;
    bus_.call(device_, "DeleteEnrolledFingers2", "");
    bus_.call(device_, "Release", "");
  }
  const bus::Target& device() const { return device_; }

  static constexpr const char* service = "net.reactivated.Fprint";

 private:
  std::string sensor() const { return bus_.folder().file("sensor").string(); }

  bool try_to_sense(const std::string& command) const {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    sensor().copy(address.sun_path, sizeof(address.sun_path) - 1);
    bool done = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    done = done && ::send(fd, command.data(), command.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(command.size());
    char rest[64];
    if (done) ::shutdown(fd, SHUT_WR);
    ssize_t size = 1;
    while (done && size > 0) size = ::read(fd, rest, sizeof(rest));
    done = done && size == 0;  // a connection it did not want, because one is open, is reset
    ::close(fd);
    return done;
  }

  PrivateBus bus_;
  ChildProcess polkit_;
  ChildProcess daemon_;
  bus::Target device_;
};

}  // namespace latchkey::vault::testing
