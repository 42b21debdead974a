// Who wants to know when a vault locks and unlocks.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "vault/vault.h"

namespace latchkey::vault {

// Thread-safe. Observers are called without any lock held; one whose handle went away is not called any more.
class Observers final {
 public:
  std::shared_ptr<const VaultObserver> add(VaultObserver observer) {
    auto shared = std::make_shared<const VaultObserver>(std::move(observer));
    const std::lock_guard hold(mutex_);
    std::erase_if(observers_, [](const auto& weak) { return weak.expired(); });
    observers_.push_back(shared);
    return shared;
  }

  void announce(const LockedEvent& event) {
    for (const auto& observer : snapshot())
      if (observer->on_lock) observer->on_lock(event);
  }
  void announce(const UnlockedEvent& event) {
    for (const auto& observer : snapshot())
      if (observer->on_unlock) observer->on_unlock(event);
  }
  void announce(const ConfigChangedEvent& event) {
    for (const auto& observer : snapshot())
      if (observer->on_config_changed) observer->on_config_changed(event);
  }

 private:
  std::vector<std::shared_ptr<const VaultObserver>> snapshot() {
    const std::lock_guard hold(mutex_);
    std::vector<std::shared_ptr<const VaultObserver>> alive;
    for (const auto& weak : observers_)
      if (auto observer = weak.lock()) alive.push_back(std::move(observer));
    return alive;
  }

  std::mutex mutex_;
  std::vector<std::weak_ptr<const VaultObserver>> observers_;
};

}  // namespace latchkey::vault
