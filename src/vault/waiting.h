// A deadline that a caller can bring forward: what every blocking call to a service of the system waits with.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>

#include "base/file_descriptor.h"
#include "base/result.h"

namespace latchkey::vault {

// How long the waits of one operation may take together, and who may end them.
class Waiting final {
 public:
  Waiting(std::chrono::milliseconds timeout, const std::stop_token& stop);
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  // Readable as soon as somebody wants to stop.
  int wake_fd() const { return wake_.get(); }
  // Milliseconds as poll(2) takes them, rounded up; 0 when the time is over.
  int left() const;
  // Fails: cancelled, presence_timeout.
  Status check() const;

 private:
  FileDescriptor wake_;
  std::chrono::steady_clock::time_point deadline_;
  std::stop_token stop_;
  std::stop_callback<std::function<void()>> on_stop_;  // last: it goes before what it writes to
};

// A span of time as poll(2) takes it: whole milliseconds, rounded up, 0 when it is over.
int to_poll_millis(std::chrono::steady_clock::duration left);

}  // namespace latchkey::vault
