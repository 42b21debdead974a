#include "vault/lock_timer.h"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace latchkey::vault {
namespace {

// While it is locked nothing is due, but it may be unlocked at any time; short enough that no policy is overrun by
// more.
constexpr std::chrono::seconds longest_sleep{1};

}  // namespace

struct LockTimer::Inner {
  explicit Inner(Vault& watched) : vault(watched), thread([this](const std::stop_token& stop) { run(stop); }) {}

  void run(const std::stop_token& stop) {
    std::unique_lock hold(mutex);
    while (!stop.stop_requested()) {
      const auto due = vault.enforce_policy();
      const auto sleep = std::min<std::chrono::milliseconds>(due.value_or(longest_sleep), longest_sleep);
      wake.wait_for(hold, stop, sleep, [] { return false; });
    }
  }

  Vault& vault;
  std::mutex mutex;
  std::condition_variable_any wake;
  std::jthread thread;
};

LockTimer::LockTimer(Vault& vault) : inner_(std::make_unique<Inner>(vault)) {}
LockTimer::~LockTimer() = default;

}  // namespace latchkey::vault
