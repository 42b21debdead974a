// What a vault tells its observers, for tests that wait for its worker.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "vault/vault.h"

namespace latchkey::vault::testing {

class SeenEvents final {
 public:
  explicit SeenEvents(Vault& vault)
      : handle_(vault.observe(
            {.on_lock = [seen = seen_](const LockedEvent& event) { seen->note(seen->locks, event.reason); },
             .on_unlock = {},
             .on_config_changed = {},
             .on_checkpoint =
                 [seen = seen_](const CheckpointEvent& event) { seen->note(seen->steps, event.problem); }})) {}

  // Bounded: until the worker has ended so many steps that failed with `code`; none: that went well.
  bool wait_for_steps(int wanted, std::optional<Code> code = std::nullopt) {
    const auto is_such = [&](const std::optional<Error>& problem) { return problem ? problem->code == code : !code; };
    return seen_->wait([&] { return std::ranges::count_if(seen_->steps, is_such) >= wanted; });
  }
  std::size_t count_steps() {
    const std::lock_guard hold(seen_->mutex);
    return seen_->steps.size();
  }
  bool wait_for_locks(const std::vector<LockReason>& wanted) {
    return seen_->wait([&] { return seen_->locks == wanted; });
  }
  bool has_seen(LockReason reason) {
    const std::lock_guard hold(seen_->mutex);
    return std::ranges::count(seen_->locks, reason) != 0;
  }

 private:
  // Shared with the observer, which may be running when the rest of this goes.
  struct Seen {
    template <class List, class Event>
    void note(List& list, const Event& event) {
      const std::lock_guard hold(mutex);
      list.push_back(event);
      changed.notify_all();
    }
    template <class Condition>
    bool wait(const Condition& is_met) {
      std::unique_lock hold(mutex);
      return changed.wait_for(hold, std::chrono::seconds(20), is_met);
    }

    std::mutex mutex;
    std::condition_variable changed;
    std::vector<LockReason> locks;
    std::vector<std::optional<Error>> steps;
  };
  std::shared_ptr<Seen> seen_ = std::make_shared<Seen>();
  std::shared_ptr<const VaultObserver> handle_;
};

}  // namespace latchkey::vault::testing
