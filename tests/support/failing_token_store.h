// A token store that fails when told to and remembers the order of what was done to it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "session/token_store.h"

namespace latchkey::testing {

class FailingTokenStore final : public session::TokenStore {
 public:
  // Unset: works. Set: what load, save and erase fail with.
  std::optional<Code> load_failure, save_failure, erase_failure;
  std::function<void(const std::string& event)> on_event;  // "load", "save 2", "save 2 failed", "erase"

  Result<std::optional<session::SessionRecord>> load() override {
    const std::lock_guard lock(mutex_);
    note("load");
    if (load_failure) return fail(*load_failure);
    return inner_.load();
  }
  Status save(const session::SessionRecord& record) override {
    const std::lock_guard lock(mutex_);
    note("save " + std::to_string(record.revision) + (save_failure ? " failed" : ""));
    if (save_failure) return fail(*save_failure);
    return inner_.save(record);
  }
  Status erase() override {
    const std::lock_guard lock(mutex_);
    note("erase");
    if (erase_failure) return fail(*erase_failure);
    return inner_.erase();
  }

  std::shared_ptr<const void> observe_lock(std::function<void()> on_lock) override {
    auto shared = std::make_shared<std::function<void()>>(std::move(on_lock));
    on_lock_ = shared;
    return shared;
  }

  // As a vault does it: unreadable first, told then.
  void lock() {
    load_failure = save_failure = erase_failure = Code::vault_locked;
    if (const auto on_lock = on_lock_.lock()) (*on_lock)();
  }
  void unlock() {
    load_failure.reset();
    save_failure.reset();
    erase_failure.reset();
  }

  // What is stored, whatever fails.
  std::optional<session::SessionRecord> stored() { return inner_.load().value(); }
  void put(const session::SessionRecord& record) { static_cast<void>(inner_.save(record)); }
  void clear() { static_cast<void>(inner_.erase()); }

 private:
  void note(const std::string& event) {
    if (on_event) on_event(event);
  }

  std::mutex mutex_;
  session::MemoryTokenStore inner_;
  std::weak_ptr<std::function<void()>> on_lock_;
};

}  // namespace latchkey::testing
