// How the vault's bench takes its times and prints its figures: one JSON object a line.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace latchkey::bench {

using Steady = std::chrono::steady_clock;

template <class Work>
double seconds_of(const Work& work) {
  const auto start = Steady::now();
  work();
  return std::chrono::duration<double>(Steady::now() - start).count();
}

// How long each of many calls took, in microseconds.
class Times final {
 public:
  template <class Work>
  void take(const Work& work) {
    times_.push_back(seconds_of(work) * 1e6);
  }
  double quantile(double part) {
    std::ranges::sort(times_);
    return times_.empty() ? 0 : times_[static_cast<std::size_t>(part * static_cast<double>(times_.size() - 1))];
  }
  bool is_empty() const { return times_.empty(); }

 private:
  std::vector<double> times_;
};

struct Beside {
  std::string name;
  double value;
};
struct Figure {
  std::string name;
  double value;
  std::string_view unit;
  std::optional<Beside> peer = std::nullopt;
  std::string note = {};
};

inline void report(const Figure& figure) {
  std::string line = fmt::format(R"({{"name":"{}","value":{:.4g},"unit":"{}")", figure.name, figure.value, figure.unit);
  if (figure.peer)
    line += fmt::format(R"(,"peer":{{"name":"{}","value":{:.4g}}})", figure.peer->name, figure.peer->value);
  if (!figure.note.empty()) line += fmt::format(R"(,"note":"{}")", figure.note);
  fmt::print("{}}}\n", line);
  static_cast<void>(std::fflush(stdout));
}

[[noreturn]] inline void give_up(std::string_view why) {
  fmt::print(stderr, "{}\n", why);
  std::exit(1);  // NOLINT(concurrency-mt-unsafe)
}
template <class T>
T must(Result<T> result) {
  if (!result) give_up(to_string(result.error()));
  return *std::move(result);
}
inline void must(const Status& status) {
  if (!status) give_up(to_string(status.error()));
}

}  // namespace latchkey::bench
