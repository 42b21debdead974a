#include "apps/latchkey/progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace latchkey::app {
namespace {

constexpr std::size_t width = 30;
constexpr std::chrono::milliseconds pace{50};  // faster than eyes only costs time

}  // namespace

ProgressBar::ProgressBar(const Console& console) : is_shown_(!console.json && isatty(STDERR_FILENO) == 1) {}

void ProgressBar::show(std::string_view step, std::uint64_t done, std::uint64_t total) {
  if (!is_shown_) return;
  const auto now = std::chrono::steady_clock::now();
  if (step == step_ && done < total && now - drawn_ < pace) return;
  step_ = step;
  drawn_ = now;
  const double share = total == 0 ? 0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto filled = static_cast<std::size_t>(share * width);
  fmt::print(stderr, "\r\x1b[K{:<26} [{}{}] {:3.0f} %", step, std::string(filled, '#'),
             std::string(width - filled, ' '), share * 100);
  std::fflush(stderr);
  has_line_ = true;
}

void ProgressBar::clear() {
  if (has_line_) fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  has_line_ = false;
}

}  // namespace latchkey::app
