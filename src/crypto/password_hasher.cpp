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

// First come, first served among each kind of asker; in turns between them.
class JobQueue final {
 public:
  explicit JobQueue(std::size_t most) : most_(most), most_strangers_(most - most / 4) {}

  bool has_room_for(PasswordAsker asker) const {
    if (size() >= most_) return false;
    return asker == PasswordAsker::known || strangers_.size() < most_strangers_;
  }
  void push(Job job, PasswordAsker asker) { of(asker).push_back(std::move(job)); }

  Job pop() {
    const bool takes_known = strangers_.empty() || (!known_.empty() && !took_known_);
    took_known_ = takes_known;
    std::deque<Job>& jobs = takes_known ? known_ : strangers_;
    Job job = std::move(jobs.front());
    jobs.pop_front();
    return job;
  }
  std::size_t size() const { return known_.size() + strangers_.size(); }

 private:
  std::deque<Job>& of(PasswordAsker asker) { return asker == PasswordAsker::known ? known_ : strangers_; }

  std::size_t most_, most_strangers_;
  std::deque<Job> known_, strangers_;
  bool took_known_ = false;
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
  explicit Core(PasswordHasherOptions its_options)
      : options(its_options), works{HashWork{its_options.cost}}, waiting(its_options.max_waiting) {
    for (std::size_t i = 0; i < std::max<std::size_t>(options.threads, 1); ++i)
      threads.emplace_back([this] { work(); });
  }

  ~Core() {
    stop();
    for (auto& thread : threads) thread.join();
  }

  void stop() {
    JobQueue unanswered(0);
    {
      const std::lock_guard lock(mutex);
      stopping = true;
      std::swap(unanswered, waiting);
    }
    waiting_changed.notify_all();
    while (unanswered.size() > 0) unanswered.pop().run(fail(Code::cancelled, "the password hasher stops"));
  }

  Status submit(std::string_view password, PasswordAsker asker, std::function<void(Result<ByteView>)> run) {
    if (password.size() > max_password_size) return fail(Code::input_too_large, "password");
    {
      const std::lock_guard lock(mutex);
      if (stopping || !waiting.has_room_for(asker)) return fail(Code::busy, "too many passwords are being checked");
      waiting.push({Password::copy_of(password), std::move(run)}, asker);
    }
    waiting_changed.notify_one();
    return {};
  }

  void expect(const HashWork& work) {
    const std::lock_guard lock(mutex);
    if (works.size() == max_works || std::ranges::find(works, work) != works.end()) return;
    std::uint64_t others = kib_of(work);
    for (std::size_t i = 1; i < works.size(); ++i) others += kib_of(works[i]);
    if (others <= options.max_other_work_kib) works.push_back(work);
  }

  std::vector<HashWork> works_in_use() {
    const std::lock_guard lock(mutex);
    return works;
  }

  void work() {
    lower_this_threads_priority();
    std::unique_lock lock(mutex);
    for (;;) {
      waiting_changed.wait(lock, [this] { return stopping || waiting.size() > 0; });
      if (stopping) return;
      Job job = waiting.pop();
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
  JobQueue waiting;
  bool stopping = false;
  std::vector<std::thread> threads;
};

PasswordHasher::PasswordHasher(PasswordHasherOptions options) : core_(std::make_unique<Core>(options)) {}
PasswordHasher::~PasswordHasher() = default;

Status PasswordHasher::hash(std::string_view password, OnHashed done, PasswordAsker asker) {
  return core_->submit(password, asker, [done = std::move(done), cost = core_->options.cost](Result<ByteView> given) {
    done(given.and_then([&](ByteView bytes) { return hash_password(bytes, cost); }).map([](const PasswordHash& made) {
      return made.print();
    }));
  });
}

Status PasswordHasher::verify(std::string_view password, std::string_view stored, OnChecked done, PasswordAsker asker) {
  TRY(auto parsed, PasswordHash::parse(stored));
  core_->expect(work_of(parsed));
  return core_->submit(
      password, asker,
      [core = core_.get(), done = std::move(done), parsed = std::move(parsed)](Result<ByteView> given) {
        const auto check = [&](ByteView bytes) { return check_among(bytes, core->works_in_use(), &parsed); };
        done(given.and_then(check).map([&](bool matches) { return outcome_of(matches, parsed, core->options.cost); }));
      });
}

Status PasswordHasher::verify_unknown(std::string_view password, OnChecked done) {
  return core_->submit(
      password, PasswordAsker::stranger, [core = core_.get(), done = std::move(done)](Result<ByteView> given) {
        done(given.and_then([&](ByteView bytes) { return check_among(bytes, core->works_in_use(), nullptr); })
                 .map([](bool) { return PasswordCheck::wrong; }));
      });
}

void PasswordHasher::expect(const HashWork& work) { core_->expect(work); }

std::size_t PasswordHasher::waiting() const {
  const std::lock_guard lock(core_->mutex);
  return core_->waiting.size();
}

void PasswordHasher::stop() { core_->stop(); }

const Argon2Cost& PasswordHasher::cost() const { return core_->options.cost; }

}  // namespace latchkey::crypto
