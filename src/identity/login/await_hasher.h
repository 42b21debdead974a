// crypto::PasswordHasher for coroutines: the work runs on the hasher's threads, the coroutine goes on where it was.
#pragma once

#include <coroutine>
#include <optional>

#include "base/executor.h"
#include "crypto/password_hasher.h"
#include "identity/accounts/password_peppers.h"
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

// Where passwords are hashed, and what goes in besides.
struct PasswordHashing {
  crypto::PasswordHasher& hasher;
  const PasswordPeppers& peppers;
};

// `stored` as in password_peppers.h; empty is an account that does not exist: same work, then `wrong`. Fails: busy,
// storage_corrupted, unsupported (the hash costs more than one may).
inline auto check_password(const PasswordHashing& hashing, const Password& password, std::string_view stored,
                           crypto::PasswordAsker asker) {
  auto start = [hashing, &password, stored, asker](crypto::PasswordHasher::OnChecked done) -> Status {
    if (stored.empty())
      return hashing.hasher.verify_unknown(hashing.peppers.apply(password).reveal_text(), std::move(done));
    TRY(const auto read, hashing.peppers.read(stored, password));
    auto judge = [done = std::move(done), is_outdated = read.is_outdated](Result<crypto::PasswordCheck> check) {
      if (is_outdated && check == crypto::PasswordCheck::right) check = crypto::PasswordCheck::right_but_rehash;
      done(std::move(check));
    };
    Status started = hashing.hasher.verify(read.password.reveal_text(), read.phc, std::move(judge), asker);
    if (!started && started.error().code == Code::invalid_format)
      return fail(Code::storage_corrupted, started.error().detail);
    return started;
  };
  return HasherOperation<crypto::PasswordCheck, decltype(start)>(std::move(start));
}

// The text to store. Fails: busy.
inline auto hash_password(const PasswordHashing& hashing, const Password& password, crypto::PasswordAsker asker) {
  auto start = [hashing, &password, asker](crypto::PasswordHasher::OnHashed done) {
    auto print = [done = std::move(done), &peppers = hashing.peppers](Result<std::string> phc) {
      done(std::move(phc).map([&](const std::string& text) { return peppers.print(text); }));
    };
    return hashing.hasher.hash(hashing.peppers.apply(password).reveal_text(), std::move(print), asker);
  };
  return HasherOperation<std::string, decltype(start)>(std::move(start));
}

}  // namespace latchkey::identity
