// Keeps SIGPIPE from ending the host process while curl and OpenSSL write to sockets the peer may have closed. Blocks
// it for this thread only and takes back one that arose meanwhile; the host's own handling is untouched.
#pragma once

#include <csignal>
#include <ctime>

namespace latchkey::http {

class BrokenPipeGuard final {
 public:
  BrokenPipeGuard() {
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    was_pending_ = is_pending();
    pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  ~BrokenPipeGuard() {
    const timespec at_once{};
    if (!was_pending_ && is_pending()) sigtimedwait(&sigpipe_, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  BrokenPipeGuard(const BrokenPipeGuard&) = delete;
  BrokenPipeGuard& operator=(const BrokenPipeGuard&) = delete;

 private:
  static bool is_pending() {
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGPIPE) == 1;
  }

  sigset_t sigpipe_, before_;
  bool was_pending_;
};

}  // namespace latchkey::http
