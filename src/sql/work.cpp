#include "sql/work.h"

#include <exception>
#include <utility>
#include <vector>

#include "base/registers.h"

namespace latchkey::sql {
namespace {

// A coroutine nobody waits for: it is posted like any other, runs once and frees itself.
struct Errand {
  struct promise_type {
    Errand get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  std::coroutine_handle<> handle;
};

}  // namespace

void WorkList::push(Work& work) {
  work.next_ = nullptr;
  (last_ != nullptr ? last_->next_ : first_) = &work;
  last_ = &work;
  ++size_;
}

Work* WorkList::pop() {
  Work* work = first_;
  if (work == nullptr) return nullptr;
  first_ = work->next_;
  if (first_ == nullptr) last_ = nullptr;
  --size_;
  return work;
}

WorkList WorkList::take(std::size_t count) {
  if (count >= size_) return std::exchange(*this, {});
  WorkList taken;
  while (taken.size_ < count) taken.push(*pop());
  return taken;
}

// A work may be gone as soon as its coroutine runs or its waiter is woken: it is off the list by then.
struct WorkList::Completion {
  static void wake(Work& work) {
    Work::Waiter& waiter = *work.waiter_;
    const std::lock_guard lock(waiter.mutex);
    waiter.is_done = true;
    waiter.done.notify_one();  // under the lock: the waiter's memory goes once it is released
  }

  static Errand resume_each(WorkList works) {
    while (Work* work = works.pop()) work->handle_.resume();
    co_return;
  }

  static void post(Executor& executor, WorkList works) {
    executor.post(works.size_ == 1 ? works.first_->handle_ : resume_each(works).handle);
  }
};

void WorkList::complete_all() {
  const VectorRegisterGuard no_copies_in_registers;  // the closures looked for cookies and codes
  std::vector<std::pair<Executor*, WorkList>> groups;
  WorkList without_executor;
  while (Work* work = pop()) {
    if (work->waiter_ != nullptr) {
      Completion::wake(*work);
    } else if (work->executor_ == nullptr) {
      without_executor.push(*work);
    } else {
      const auto is_same = [&](const auto& group) { return group.first == work->executor_; };
      auto group = std::find_if(groups.begin(), groups.end(), is_same);
      if (group == groups.end()) group = groups.insert(groups.end(), {work->executor_, {}});
      group->second.push(*work);
    }
  }
  for (auto& [executor, works] : groups) Completion::post(*executor, works);
  while (Work* work = without_executor.pop()) work->handle_.resume();
}

}  // namespace latchkey::sql
