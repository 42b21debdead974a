// Who wants to know when a vault locks and unlocks, and when they are told: with none of the vault's locks held.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "vault/vault.h"

namespace latchkey::vault {

// Thread-safe. One whose handle went away is not called any more.
class Observers final {
 public:
  // For what happens one at a time in a vault (std::lock_guard). What is announced meanwhile by the thread whose turn
  // it is, is told when its turn is over, so that observers may take one of their own.
  class Turn final {
   public:
    explicit Turn(Observers& observers) : observers_(observers) {}
    void lock() {
      mutex_.lock();
      holder_ = std::this_thread::get_id();
    }
    void unlock() {
      const auto events = std::exchange(observers_.held_back_, {});
      holder_ = std::thread::id();
      mutex_.unlock();
      for (const Event& event : events) observers_.tell(event);
    }

   private:
    friend Observers;
    bool is_mine() const { return holder_ == std::this_thread::get_id(); }
    Observers& observers_;
    std::mutex mutex_;
    std::atomic<std::thread::id> holder_;
  };

  Turn turn{*this};

  std::shared_ptr<const VaultObserver> add(VaultObserver observer) {
    auto shared = std::make_shared<const VaultObserver>(std::move(observer));
    const std::lock_guard hold(mutex_);
    std::erase_if(observers_, [](const auto& weak) { return weak.expired(); });
    observers_.push_back(shared);
    return shared;
  }

  using Event = std::variant<LockedEvent, UnlockedEvent, CheckpointEvent>;
  void announce(const Event& event) {
    if (turn.is_mine())
      held_back_.push_back(event);
    else
      tell(event);
  }
  void announce(const ConfigChangedEvent& event) {
    for (const auto& observer : snapshot())
      if (observer->on_config_changed) observer->on_config_changed(event);
  }

 private:
  void tell(const Event& event) {
    for (const auto& observer : snapshot()) {
      const auto* const locked = std::get_if<LockedEvent>(&event);
      if (locked != nullptr && observer->on_lock) observer->on_lock(*locked);
      const auto* const unlocked = std::get_if<UnlockedEvent>(&event);
      if (unlocked != nullptr && observer->on_unlock) observer->on_unlock(*unlocked);
      const auto* const stepped = std::get_if<CheckpointEvent>(&event);
      if (stepped != nullptr && observer->on_checkpoint) observer->on_checkpoint(*stepped);
    }
  }

  std::vector<std::shared_ptr<const VaultObserver>> snapshot() {
    const std::lock_guard hold(mutex_);
    std::vector<std::shared_ptr<const VaultObserver>> alive;
    for (const auto& weak : observers_)
      if (auto observer = weak.lock()) alive.push_back(std::move(observer));
    return alive;
  }

  std::mutex mutex_;
  std::vector<std::weak_ptr<const VaultObserver>> observers_;
  std::vector<Event> held_back_;  // only of the thread whose turn it is
};

}  // namespace latchkey::vault
