// The tour's steps: each is named, timed and told as it happens; the first that does not hold ends the tour.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "apps/latchkey/console.h"

namespace latchkey::app::tour {

class Story final {
 public:
  explicit Story(Console& console) : console_(console) {}

  // Runs `work` and prints what it answers: a sentence of what was seen. A failed step makes the following ones do
  // nothing.
  void step(std::string_view name, const std::function<Result<std::string>()>& work);

  bool holds() const { return holds_; }
  void close();

 private:
  void tell(std::string_view name, const Result<std::string>& seen, double milliseconds);

  Console& console_;
  bool holds_ = true;
  int steps_ = 0;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace latchkey::app::tour
