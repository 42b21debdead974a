// One thread for what waits on the disk (fsync), so that no event loop does.
//   const Status stored = co_await worker.run([&] { return writer.finish(); });
#pragma once

#include <condition_variable>
#include <coroutine>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "base/executor.h"
#include "base/result.h"

namespace latchkey::release {

// Thread-safe. The destructor finishes what was asked for.
class DiskWorker final {
 public:
  using Work = std::function<Status()>;

  DiskWorker() : thread_([this] { serve(); }) {}
  ~DiskWorker();
  DiskWorker(const DiskWorker&) = delete;
  DiskWorker& operator=(const DiskWorker&) = delete;

  class Operation final {
   public:
    Operation(DiskWorker& worker, Work work) : worker_(worker), work_(std::move(work)) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) {
      handle_ = handle;
      executor_ = current_executor;
      worker_.submit(*this);
    }
    Status await_resume() { return std::move(done_); }

   private:
    friend class DiskWorker;
    DiskWorker& worker_;
    Work work_;
    std::coroutine_handle<> handle_;
    Executor* executor_ = nullptr;
    Status done_;
  };
  // Await it once; the coroutine goes on where it was.
  Operation run(Work work) { return {*this, std::move(work)}; }

 private:
  void submit(Operation& operation);
  void serve();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Operation*> waiting_;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace latchkey::release
