// Another `latchkey` process: started from this very binary, its output read line by line, stopped politely or with
// kill -9.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace latchkey::app::tour {

class Child final {
 public:
  // Runs this binary with `arguments`. Standard output and error can be waited on. Fails: internal.
  static Result<Child> start(const std::vector<std::string>& arguments);

  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();  // kills it if it still runs

  // Waits for a line that contains `text` and answers it. Fails: network_timeout, internal (it ended before).
  Result<std::string> wait_for(std::string_view text, std::chrono::milliseconds at_most);

  // Sends the signal and waits until the process is gone.
  void stop(int signal = SIGTERM);

  pid_t pid() const { return pid_; }

 private:
  Child(pid_t pid, int output) : pid_(pid), output_(output) {}

  pid_t pid_;
  int output_;
  std::string unread_;
};

}  // namespace latchkey::app::tour
