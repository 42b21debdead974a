// Where a suspended coroutine is resumed. Lets `sql` finish work on its own threads and hand the coroutine back to the
// event loop it came from, without either knowing the other.
#pragma once

#include <coroutine>

namespace latchkey {

// Thread-safe: post() may be called from any thread, and resumes `handle` on the executor's own.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual void post(std::coroutine_handle<> handle) = 0;
};

// The executor that runs this thread, or null outside any event loop (then work is resumed where it finishes).
inline thread_local Executor* current_executor = nullptr;

}  // namespace latchkey
