// One line on standard error that shows how far long work is. Nothing is shown with --json, or when standard error is
// no terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "apps/latchkey/console.h"

namespace latchkey::app {

class ProgressBar final {
 public:
  explicit ProgressBar(const Console& console);
  ~ProgressBar() { clear(); }  // leaves no trace: what was done is told by the result
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // As publish::WorkProgress. A total of 0: nobody knows.
  void show(std::string_view step, std::uint64_t done, std::uint64_t total);
  void clear();

 private:
  bool is_shown_;
  std::string step_;
  std::chrono::steady_clock::time_point drawn_{};
  bool has_line_ = false;
};

}  // namespace latchkey::app
