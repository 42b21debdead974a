#include "update/clock_hint.h"

#include <array>
#include <charconv>

#include "protocol/limits.h"

namespace latchkey::update {
namespace {

constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::size_t date_size = std::string_view("Sun, 06 Nov 1994 08:49:37 GMT").size();

std::optional<int> read_digits(std::string_view text, std::size_t at, std::size_t count) {
  int number = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

std::optional<Instant> parse_fixdate(std::string_view text) {
  using namespace std::chrono;
  if (text.size() != date_size || text.substr(3, 2) != ", " || !text.ends_with(" GMT")) return std::nullopt;
  if (text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':') return std::nullopt;
  const auto day_of_month = read_digits(text, 5, 2), year_number = read_digits(text, 12, 4);
  const auto hour = read_digits(text, 17, 2), minute = read_digits(text, 20, 2), second = read_digits(text, 23, 2);
  const std::size_t named = months.find(text.substr(8, 3));
  if (!day_of_month || !year_number || !hour || !minute || !second) return std::nullopt;
  if (named == std::string_view::npos || named % 3 != 0) return std::nullopt;
  const year_month_day date{year(*year_number), month(static_cast<unsigned>(named / 3 + 1)),
                            day(static_cast<unsigned>(*day_of_month))};
  if (!date.ok() || *year_number < 1970 || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return Instant(sys_days(date)) + hours(*hour) + minutes(*minute) + seconds(*second);
}

std::chrono::seconds age_of(const http::Headers& headers) {
  std::uint32_t seconds = 0;
  const std::string_view text = headers.find("Age").value_or("");
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::chrono::seconds(error == std::errc() && end == text.data() + text.size() ? seconds : 0);
}

}  // namespace

std::optional<Instant> find_host_time(const http::Headers& headers) {
  if (headers.count("Date") != 1) return std::nullopt;
  const auto date = parse_fixdate(*headers.find("Date"));
  return date ? std::optional(*date + age_of(headers)) : std::nullopt;
}

std::optional<std::chrono::seconds> suspect_clock(Instant device, Instant host, Instant floor) {
  const auto ahead = std::chrono::floor<std::chrono::seconds>(device - host);
  if (host < floor || std::chrono::abs(ahead) <= protocol::limits::clock_tolerance) return std::nullopt;
  return ahead;
}

}  // namespace latchkey::update
