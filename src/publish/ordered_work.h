// Makes several things at once, on threads of its own, and hands them on in order, on the caller's thread.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/result.h"

namespace latchkey::publish {

template <class Made>
struct OrderedWork {
  std::size_t count = 0;
  std::size_t workers = 1;                           // threads; at most as many results wait for their turn
  std::function<Result<Made>(std::size_t)> make;     // of an index; on any worker, several at once
  std::function<Status(std::size_t, Made)> take;     // on the caller's thread, index by index
  std::function<void(std::size_t finished)> report;  // likewise, whenever another was made
};

template <class Made>
class OrderedRun final {
 public:
  explicit OrderedRun(const OrderedWork<Made>& work) : work_(work), made_(work.count) {}

  Status run() {
    std::vector<std::jthread> workers;  // joined at the end, so that nobody works for a run that is gone
    for (std::size_t i = 0; i < std::min(work_.workers, work_.count); ++i) workers.emplace_back([this] { serve(); });
    Status status;
    for (std::size_t i = 0; i < work_.count && status; ++i) {
      Result<Made> made = wait_for(i);
      status = made ? work_.take(i, std::move(*made)) : Status(tl::unexpected(made.error()));
    }
    const std::lock_guard lock(mutex_);
    begun_ = work_.count;  // nothing more is begun
    changed_.notify_all();
    return status;
  }

 private:
  void serve() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return begun_ == work_.count || begun_ < taken_ + 2 * work_.workers; });
      if (begun_ == work_.count) return;
      const std::size_t index = begun_++;
      lock.unlock();
      Result<Made> made = work_.make(index);
      lock.lock();
      made_[index] = std::move(made);
      ++finished_;
      changed_.notify_all();
    }
  }

  Result<Made> wait_for(std::size_t index) {
    std::unique_lock lock(mutex_);
    while (!made_[index]) {
      const std::size_t known = finished_;
      lock.unlock();
      work_.report(known);
      lock.lock();
      changed_.wait(lock, [&] { return finished_ != known; });
    }
    Result<Made> made = std::move(*made_[index]);
    made_[index].reset();
    taken_ = index + 1;
    changed_.notify_all();
    return made;
  }

  const OrderedWork<Made>& work_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::optional<Result<Made>>> made_;
  std::size_t begun_ = 0, finished_ = 0, taken_ = 0;
};

// The first failure, in the order of the indexes, is the result: what was begun by then is waited for, nothing more is
// begun.
template <class Made>
Status make_in_order(const OrderedWork<Made>& work) {
  return OrderedRun<Made>(work).run();
}

}  // namespace latchkey::publish
