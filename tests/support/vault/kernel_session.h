// A login session of its own in the kernel's keyrings: what a test leaves there goes with the program.
#pragma once

#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace latchkey::vault::testing {

// For this thread and those it starts. False: there are no keyrings here, or a sandbox forbids them.
inline bool join_new_session() { return ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr) >= 0; }

// A key that is not ours; its serial number, or -1.
inline long add_foreign_key(const std::string& description, std::string_view payload, int keyring) {
  return ::syscall(SYS_add_key, "user", description.c_str(), payload.data(), payload.size(), keyring);
}
inline std::string read_kernel_key(long serial) {
  std::string payload(64, '\0');
  const long size = ::syscall(SYS_keyctl, KEYCTL_READ, serial, payload.data(), payload.size());
  payload.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return payload;
}

}  // namespace latchkey::vault::testing
