#include "update/delay_text.h"

#include <array>
#include <charconv>

#include "protocol/release/utc_time.h"
#include "update/delay.h"

namespace latchkey::update {
namespace {

using namespace std::chrono_literals;

struct DelayUnit {
  char letter;
  std::chrono::seconds length;
};
constexpr std::array<DelayUnit, 4> delay_units{{{'d', 24h}, {'h', 1h}, {'m', 1min}, {'s', 1s}}};

Result<std::chrono::seconds> parse_delay_duration(std::string_view text) {
  std::chrono::seconds unit = 1s;
  for (const DelayUnit& one : delay_units)
    if (text.ends_with(one.letter)) unit = one.length;
  if (text.ends_with('s') || unit != 1s) text.remove_suffix(1);
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || count < 0 ||
      count > protocol::limits::condition_time / unit)
    return fail(Code::invalid_argument, "a duration is a number with s, m, h or d behind it");
  return count * unit;
}

std::string print_delay_duration(std::chrono::seconds duration) {
  for (const DelayUnit& one : delay_units)
    if (duration >= one.length && duration % one.length == 0s)
      return std::to_string(duration / one.length) + one.letter;
  return std::to_string(duration.count()) + "s";
}

Result<DelayCondition> parse_condition_parts(std::string_view kind, std::string_view value) {
  DelayCondition condition;
  if (kind == "background") {
    condition.kind = DelayKind::background;
    TRY(condition.duration, parse_delay_duration(value));
  } else if (kind == "date") {
    condition.kind = DelayKind::date;
    TRY(condition.at, protocol::release::parse_utc_time(value));
  } else if (kind == "native") {
    condition.kind = DelayKind::native_version;
    TRY(condition.native, protocol::release::parse_native_version(value));
  } else {
    return fail(Code::invalid_argument, "no such condition");
  }
  return condition;
}

}  // namespace

Result<DelayCondition> parse_condition(std::string_view text) {
  if (text == "kill") return DelayCondition{.kind = DelayKind::kill};
  const std::size_t colon = text.find(':');
  auto condition =
      parse_condition_parts(text.substr(0, colon), colon == text.npos ? std::string_view() : text.substr(colon + 1));
  if (condition) TRY_DO(check_conditions({&*condition, 1}));
  if (condition) return condition;
  return fail(Code::invalid_argument,
              "a condition is kill, background:DURATION (5m), date:TIME (2026-12-01T08:00:00Z) or native:VERSION");
}

std::string print(const DelayCondition& condition) {
  switch (condition.kind) {
    case DelayKind::background:
      return "background:" + print_delay_duration(condition.duration);
    case DelayKind::kill:
      return "kill";
    case DelayKind::date:
      return "date:" + protocol::release::print_utc_time(condition.at);
    case DelayKind::native_version:
      return "native:" + protocol::release::print(condition.native);
  }
  return {};
}

}  // namespace latchkey::update
