// crypto::PasswordHasher for coroutines: the work runs on the hasher's threads, the coroutine goes on where it was.
#pragma once

#include <coroutine>
#include <optional>

#include "base/executor.h"
#include "crypto/password_hasher.h"
#include "identity/accounts/password_policy.h"

namespace latchkey::identity {

// Await once; must outlive the await, as a temporary in the co_await expression does. `start` hands a callback to the
// hasher and answers busy when its queue is full.
template <class Answer, class Start>
class HasherOperation final {
 public:
  explicit HasherOperation(Start start) : start_(std::move(start)) {}

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> handle) {
    Executor* const executor = current_executor;
    const Status started = start_([this, handle, executor](Result<Answer> answer) {
      answer_.emplace(std::move(answer));
      executor != nullptr ? executor->post(handle) : handle.resume();
    });
    if (started) return true;  // this object may be gone
    answer_.emplace(tl::unexpected(started.error()));
    return false;
  }
  Result<Answer> await_resume() { return *std::move(answer_); }

 private:
  Start start_;
  std::optional<Result<Answer>> answer_;
};

// An empty `phc` is an account that does not exist: same work, then `wrong`. Fails: busy.
inline auto check_password(crypto::PasswordHasher& hasher, const Password& password, std::string_view phc) {
  auto start = [&hasher, &password, phc](crypto::PasswordHasher::OnChecked done) {
    WipedString typed(password.reveal_text());
    if (phc.empty()) return hasher.verify_unknown(std::move(typed), std::move(done));
    return hasher.verify(std::move(typed), phc, std::move(done));
  };
  return HasherOperation<crypto::PasswordCheck, decltype(start)>(std::move(start));
}

// A PHC string. Fails: busy.
inline auto hash_password(crypto::PasswordHasher& hasher, const Password& password) {
  auto start = [&hasher, &password](crypto::PasswordHasher::OnHashed done) {
    return hasher.hash(WipedString(password.reveal_text()), std::move(done));
  };
  return HasherOperation<std::string, decltype(start)>(std::move(start));
}

}  // namespace latchkey::identity
