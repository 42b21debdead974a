#include "crypto/password_hasher.h"

#include <sys/resource.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "crypto/random.h"

namespace latchkey::crypto {
namespace {

using Password = Secret<struct PasswordTag>;

struct Job {
  Password password;
  std::function<void(Result<ByteView>)> run;  // given the password, or the reason why it is not run
};

constexpr int nice_level = 5;

// On Linux the nice value is each thread's own.
void lower_this_threads_priority() { static_cast<void>(setpriority(PRIO_PROCESS, 0, nice_level)); }

PasswordCheck outcome_of(bool matches, const PasswordHash& stored, Argon2Cost cost) {
  if (!matches) return PasswordCheck::wrong;
  return needs_rehash(stored, cost) ? PasswordCheck::right_but_rehash : PasswordCheck::right;
}

}  // namespace

struct PasswordHasher::Core {
  explicit Core(PasswordHasherOptions its_options) : options(its_options) {
    for (std::size_t i = 0; i < std::max<std::size_t>(options.threads, 1); ++i)
      threads.emplace_back([this] { work(); });
  }

  ~Core() {
    stop();
    for (auto& thread : threads) thread.join();
  }

  void stop() {
    std::deque<Job> unanswered;
    {
      const std::lock_guard lock(mutex);
      stopping = true;
      unanswered.swap(waiting);
    }
    waiting_changed.notify_all();
    for (auto& job : unanswered) job.run(fail(Code::cancelled, "the password hasher stops"));
  }

  Status submit(std::string_view password, std::function<void(Result<ByteView>)> run) {
    if (password.size() > max_password_size) return fail(Code::input_too_large, "password");
    {
      const std::lock_guard lock(mutex);
      if (stopping || waiting.size() >= options.max_waiting)
        return fail(Code::busy, "too many passwords are being checked");
      waiting.push_back({Password::copy_of(password), std::move(run)});
    }
    waiting_changed.notify_one();
    return {};
  }

  void work() {
    lower_this_threads_priority();
    std::unique_lock lock(mutex);
    for (;;) {
      waiting_changed.wait(lock, [this] { return stopping || !waiting.empty(); });
      if (stopping) return;
      Job job = std::move(waiting.front());
      waiting.pop_front();
      lock.unlock();
      job.run(job.password.reveal());
      job = {};
      lock.lock();
    }
  }

  const PasswordHasherOptions options;
  std::mutex mutex;
  std::condition_variable waiting_changed;
  std::deque<Job> waiting;
  bool stopping = false;
  std::vector<std::thread> threads;
};

PasswordHasher::PasswordHasher(PasswordHasherOptions options) : core_(std::make_unique<Core>(options)) {}
PasswordHasher::~PasswordHasher() = default;

Status PasswordHasher::hash(std::string_view password, OnHashed done) {
  return core_->submit(password, [done = std::move(done), cost = core_->options.cost](Result<ByteView> given) {
    done(given.and_then([&](ByteView bytes) { return hash_password(bytes, cost); }).map([](const PasswordHash& made) {
      return made.print();
    }));
  });
}

Status PasswordHasher::verify(std::string_view password, std::string_view stored, OnChecked done) {
  TRY(auto parsed, PasswordHash::parse(stored));
  const Argon2Cost cost = core_->options.cost;
  return core_->submit(password, [done = std::move(done), parsed = std::move(parsed), cost](Result<ByteView> given) {
    done(given.and_then([&](ByteView bytes) { return verify_password(bytes, parsed); }).map([&](bool matches) {
      return outcome_of(matches, parsed, cost);
    }));
  });
}

// verify_password() does one hash_password() and a comparison: the same work without a stored hash.
Status PasswordHasher::verify_unknown(std::string_view password, OnChecked done) {
  return core_->submit(password, [done = std::move(done), cost = core_->options.cost](Result<ByteView> given) {
    done(given.and_then([&](ByteView bytes) { return hash_password(bytes, cost); }).map([](const PasswordHash&) {
      return PasswordCheck::wrong;
    }));
  });
}

void PasswordHasher::stop() { core_->stop(); }

const Argon2Cost& PasswordHasher::cost() const { return core_->options.cost; }

}  // namespace latchkey::crypto
