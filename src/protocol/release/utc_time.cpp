#include "protocol/release/utc_time.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace latchkey::protocol::release {
namespace {

constexpr std::string_view shape = "dddd-dd-ddTdd:dd:ddZ";

bool has_shape(std::string_view text) {
  const auto fits = [](char wanted, char c) { return wanted == 'd' ? c >= '0' && c <= '9' : c == wanted; };
  return text.size() == shape.size() && std::ranges::equal(shape, text, fits);
}

int number_at(std::string_view text, std::size_t at, std::size_t digits) {
  int value = 0;
  for (const char c : text.substr(at, digits)) value = value * 10 + (c - '0');
  return value;
}

}  // namespace

Result<Instant> parse_utc_time(std::string_view text) {
  using namespace std::chrono;
  if (!has_shape(text)) return fail(Code::invalid_format, "time: YYYY-MM-DDTHH:MM:SSZ is wanted");
  const year_month_day date{year(number_at(text, 0, 4)), month(static_cast<unsigned>(number_at(text, 5, 2))),
                            day(static_cast<unsigned>(number_at(text, 8, 2)))};
  const hours hour(number_at(text, 11, 2));
  const minutes minute(number_at(text, 14, 2));
  const seconds second(number_at(text, 17, 2));
  const bool is_time = hour < hours(24) && minute < minutes(60) && second < seconds(60);
  if (!date.ok() || date.year() < year(1970) || !is_time) return fail(Code::invalid_format, "time: no such time");
  return Instant(sys_days(date) + hour + minute + second);
}

std::string print_utc_time(Instant at) {
  using namespace std::chrono;
  const auto midnight = floor<days>(at);
  const year_month_day date(midnight);
  const hh_mm_ss time(floor<seconds>(at - midnight));
  char text[64];
  const int size = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                 static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                                 static_cast<int>(time.seconds().count()));
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace latchkey::protocol::release
