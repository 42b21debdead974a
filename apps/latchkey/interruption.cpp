#include "apps/latchkey/interruption.h"

#include <ctime>

namespace latchkey::app {
namespace {

// What our caller has us ignore (nohup) stays ignored.
sigset_t end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction now{};
    sigaction(signal, nullptr, &now);
    if (now.sa_handler != SIG_IGN) sigaddset(&signals, signal);
  }
  return signals;
}

void watch(const std::stop_token& over, std::stop_source& stop) {
  const sigset_t signals = end_signals();
  const timespec interval{0, 100'000'000};
  while (!over.stop_requested())
    if (sigtimedwait(&signals, nullptr, &interval) > 0) stop.request_stop();
}

}  // namespace

Interruption::Interruption() {
  const sigset_t signals = end_signals();
  pthread_sigmask(SIG_BLOCK, &signals, &before_);
  watcher_ = std::jthread([this](const std::stop_token& over) { watch(over, stop_); });
}

Interruption::~Interruption() {
  watcher_ = {};  // ends and joins
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace latchkey::app
