#include "apps/latchkey/tour/story.h"

#include <fmt/format.h>

namespace latchkey::app::tour {
namespace {

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

void Story::step(std::string_view name, const std::function<Result<std::string>()>& work) {
  if (!holds_) return;
  ++steps_;
  const auto start = std::chrono::steady_clock::now();
  const Result<std::string> seen = work();
  const double milliseconds = milliseconds_since(start);
  holds_ = seen.has_value();
  tell(name, seen, milliseconds);
  if (!seen) console_.failed(seen.error());
}

void Story::tell(std::string_view name, const Result<std::string>& seen, double milliseconds) {
  if (console_.json) {
    std::string object = "{\"name\":" + json_quoted(name) + ",\"ok\":" + (seen ? "true" : "false");
    object += fmt::format(",\"milliseconds\":{:.1f},\"seen\":", milliseconds);
    object += json_quoted(seen ? std::string_view(*seen) : name_of(seen.error().code)) + "}";
    console_.result("", object);
    return;
  }
  const std::string mark = seen ? console_.green("ok") : console_.red("NO");
  console_.say(fmt::format("{:>2}. {}  {}  {}", steps_, console_.bold(name), mark,
                           console_.dim(fmt::format("{:.1f} ms", milliseconds))));
  if (seen) console_.say("    " + *seen);
}

void Story::close() {
  const double seconds = milliseconds_since(began_) / 1000;
  if (holds_)
    console_.say(fmt::format("\n{} {} steps in {:.1f} s.", console_.green("Every step held."), steps_, seconds));
}

}  // namespace latchkey::app::tour
