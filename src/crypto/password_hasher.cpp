#include "crypto/password_hasher.h"

#include <sys/resource.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

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

// `stored` is null when there is none. The same hashes in the same order for all whose work is among `works`.
Result<bool> check_among(ByteView password, const std::vector<HashWork>& works, const PasswordHash* stored) {
  std::optional<bool> matches;
  for (const HashWork& work : works) {
    if (stored != nullptr && work_of(*stored) == work) {
      TRY(matches, verify_password(password, *stored));
    } else {
      TRY_DO(spend_work(password, work));
    }
  }
  if (!matches && stored != nullptr) return verify_password(password, *stored);
  return matches.value_or(false);
}

}  // namespace

struct PasswordHasher::Core {
  explicit Core(PasswordHasherOptions its_options) : options(its_options), works{HashWork{its_options.cost}} {
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

  void expect(const HashWork& work) {
    const std::lock_guard lock(mutex);
    if (works.size() < max_works && std::ranges::find(works, work) == works.end()) works.push_back(work);
  }

  std::vector<HashWork> works_in_use() {
    const std::lock_guard lock(mutex);
    return works;
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
  std::vector<HashWork> works;  // today's first
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
  core_->expect(work_of(parsed));
  return core_->submit(
      password, [core = core_.get(), done = std::move(done), parsed = std::move(parsed)](Result<ByteView> given) {
        const auto check = [&](ByteView bytes) { return check_among(bytes, core->works_in_use(), &parsed); };
        done(given.and_then(check).map([&](bool matches) { return outcome_of(matches, parsed, core->options.cost); }));
      });
}

Status PasswordHasher::verify_unknown(std::string_view password, OnChecked done) {
  return core_->submit(password, [core = core_.get(), done = std::move(done)](Result<ByteView> given) {
    done(
        given.and_then([&](ByteView bytes) { return check_among(bytes, core->works_in_use(), nullptr); }).map([](bool) {
          return PasswordCheck::wrong;
        }));
  });
}

void PasswordHasher::expect(const HashWork& work) { core_->expect(work); }

void PasswordHasher::stop() { core_->stop(); }

const Argon2Cost& PasswordHasher::cost() const { return core_->options.cost; }

}  // namespace latchkey::crypto
