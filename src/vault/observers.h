// Who wants to know when a vault locks and unlocks, and when they are told: with none of the vault's locks held.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "vault/vault.h"

namespace latchkey::vault {

// Thread-safe. One whose handle went away is not called any more.
class Observers final {
 public:
  // What the thread that made it announces meanwhile is told when it goes, or when the outermost of several goes:
  // declare it before what observers may want to take. Ends on its own thread.
  class HoldingBack final {
   public:
    explicit HoldingBack(Observers& observers) : observers_(&observers) { observers.hold_back(); }
    HoldingBack(HoldingBack&& other) noexcept : observers_(std::exchange(other.observers_, nullptr)) {}
    HoldingBack& operator=(HoldingBack&&) = delete;
    ~HoldingBack() {
      if (observers_ != nullptr) observers_->tell_held_back();
    }

   private:
    Observers* observers_;
  };

  // For what happens one at a time in a vault (std::lock_guard). What is announced meanwhile by the thread whose turn
  // it is, is told when its turn is over, so that observers may take one of their own.
  class Turn final {
   public:
    explicit Turn(Observers& observers) : observers_(observers) {}
    void lock() {
      mutex_.lock();
      observers_.hold_back();
    }
    void unlock() {
      mutex_.unlock();
      observers_.tell_held_back();
    }

   private:
    Observers& observers_;
    std::mutex mutex_;
  };

  Turn turn{*this};

  std::shared_ptr<const VaultObserver> add(VaultObserver observer) {
    auto shared = std::make_shared<const VaultObserver>(std::move(observer));
    const std::lock_guard hold(mutex_);
    std::erase_if(observers_, [](const auto& weak) { return weak.expired(); });
    observers_.push_back(shared);
    return shared;
  }

  using Event = std::variant<LockedEvent, UnlockedEvent, ConfigChangedEvent, CheckpointEvent>;
  void announce(const Event& event) {
    if (!keep_if_held_back(event)) tell(event);
  }

 private:
  struct HeldBack {
    int depth = 0;
    std::vector<Event> events = {};
  };

  void hold_back() {
    const std::lock_guard hold(mutex_);
    ++held_back_[std::this_thread::get_id()].depth;
  }
  bool keep_if_held_back(const Event& event) {
    const std::lock_guard hold(mutex_);
    const auto mine = held_back_.find(std::this_thread::get_id());
    if (mine == held_back_.end()) return false;
    mine->second.events.push_back(event);
    return true;
  }
  void tell_held_back() {
    for (const Event& event : end_holding_back()) tell(event);
  }
  std::vector<Event> end_holding_back() {
    const std::lock_guard hold(mutex_);
    const auto mine = held_back_.find(std::this_thread::get_id());
    if (mine == held_back_.end() || --mine->second.depth != 0) return {};
    auto events = std::move(mine->second.events);
    held_back_.erase(mine);
    return events;
  }

  void tell(const Event& event) {
    for (const auto& observer : snapshot()) std::visit([&](const auto& told) { call(*observer, told); }, event);
  }
  static void call(const VaultObserver& observer, const LockedEvent& event) {
    if (observer.on_lock) observer.on_lock(event);
  }
  static void call(const VaultObserver& observer, const UnlockedEvent& event) {
    if (observer.on_unlock) observer.on_unlock(event);
  }
  static void call(const VaultObserver& observer, const ConfigChangedEvent& event) {
    if (observer.on_config_changed) observer.on_config_changed(event);
  }
  static void call(const VaultObserver& observer, const CheckpointEvent& event) {
    if (observer.on_checkpoint) observer.on_checkpoint(event);
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
  std::map<std::thread::id, HeldBack> held_back_;
};

}  // namespace latchkey::vault
