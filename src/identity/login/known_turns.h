// Whose password may wait beside the crowd (crypto::PasswordAsker::known): one attempt of each account at a time, in a
// browser it has signed in with before. The others of that account wait with the strangers, so that nobody with an
// account of their own fills what is kept for all.
#pragma once

#include <mutex>
#include <set>
#include <utility>

#include "crypto/password_hasher.h"
#include "identity/ids.h"

namespace latchkey::identity {

// Thread-safe. As many accounts as wait in the hasher.
class KnownTurns final {
 public:
  // Ends with its destructor. `turns` outlives it.
  class Turn final {
   public:
    Turn() = default;
    Turn(KnownTurns& turns, UserId user) : turns_(&turns), user_(std::move(user)) {}
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)), user_(std::move(other.user_)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turns_ != nullptr) turns_->end(user_);
    }

    crypto::PasswordAsker asker() const {
      return turns_ != nullptr ? crypto::PasswordAsker::known : crypto::PasswordAsker::stranger;
    }

   private:
    KnownTurns* turns_ = nullptr;  // none: a stranger's
    UserId user_;
  };

  Turn take(const UserId& user) {
    const std::lock_guard lock(mutex_);
    return under_way_.insert(user).second ? Turn(*this, user) : Turn();
  }

 private:
  void end(const UserId& user) {
    const std::lock_guard lock(mutex_);
    under_way_.erase(user);
  }

  std::mutex mutex_;
  std::set<UserId> under_way_;
};

}  // namespace latchkey::identity
