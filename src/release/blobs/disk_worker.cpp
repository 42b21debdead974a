#include "release/blobs/disk_worker.h"

namespace latchkey::release {

DiskWorker::~DiskWorker() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void DiskWorker::submit(Operation& operation) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(&operation);
  }
  changed_.notify_one();
}

void DiskWorker::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return is_stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    Operation& operation = *waiting_.front();
    waiting_.pop_front();
    lock.unlock();
    operation.done_ = operation.work_();
    Executor* const executor = operation.executor_;
    const auto handle = operation.handle_;
    // From here on the operation may be gone.
    if (executor != nullptr)
      executor->post(handle);
    else
      handle.resume();
    lock.lock();
  }
}

}  // namespace latchkey::release
