#include "vault/typed_value.h"

#include <fmt/format.h>

#include <charconv>

#include "protocol/json.h"
#include "protocol/limits/vault.h"
#include "protocol/utf8.h"
#include "vault/record.h"

namespace latchkey::vault {
namespace {

using Days = std::chrono::sys_days;
using Millis = std::chrono::milliseconds;

constexpr Instant first_date{Millis(-62'167'219'200'000)};
constexpr Instant last_date{Millis(253'402'300'799'999)};

Result<int> take_number(std::string_view& text, std::size_t digits, std::string_view end) {
  int number = 0;
  const char* const stop = text.data() + digits;
  const auto [at, error] = std::from_chars(text.data(), stop, number);
  if (error != std::errc() || at != stop || number < 0 || text.substr(digits, end.size()) != end)
    return fail(Code::invalid_format, "date");
  text.remove_prefix(digits + end.size());
  return number;
}

std::string print_date(Instant at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(Days(day.time_since_epoch()));
  const std::chrono::hh_mm_ss time(std::chrono::floor<Millis>(at - day));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

}  // namespace

Status check_value(RecordKind kind, ByteView value) {
  const std::string_view text = as_text(value);
  switch (kind) {
    case RecordKind::bytes:
      return {};
    case RecordKind::text:
      if (protocol::utf8::is_valid(text) && text.find('\0') == text.npos) return {};
      return fail(Code::invalid_format, "text that is not UTF-8");
    case RecordKind::json: {
      const auto parsed =
          protocol::json::parse(text, {protocol::limits::record_value_bytes, protocol::limits::json_value_depth,
                                       protocol::limits::json_value_members});
      if (parsed) return {};
      return fail(Code::invalid_format, "not a JSON document");
    }
    case RecordKind::date:
      TRY_DO(parse_date_value(value));
      return {};
  }
  return fail(Code::invalid_argument, "record kind");
}

Result<RecordValue> make_date_value(Instant at) {
  if (at < first_date || at > last_date) return fail(Code::invalid_argument, "a date's year");
  return RecordValue::copy_of(std::string_view(print_date(at)));
}

Result<Instant> parse_date_value(ByteView value) {
  std::string_view text = as_text(value);
  if (text.size() != date_size) return fail(Code::invalid_format, "date");
  TRY(const int year, take_number(text, 4, "-"));
  TRY(const int month, take_number(text, 2, "-"));
  TRY(const int day, take_number(text, 2, "T"));
  TRY(const int hour, take_number(text, 2, ":"));
  TRY(const int minute, take_number(text, 2, ":"));
  TRY(const int second, take_number(text, 2, "."));
  TRY(const int millisecond, take_number(text, 3, "Z"));
  const std::chrono::year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return fail(Code::invalid_format, "date");
  const auto since = Days(date).time_since_epoch() + std::chrono::hours(hour) + std::chrono::minutes(minute) +
                     std::chrono::seconds(second) + Millis(millisecond);
  return from_unix_millis(std::chrono::duration_cast<Millis>(since).count());
}

Status set_typed(Vault& vault, std::string_view name, const RecordValue& value, RecordOptions options) {
  TRY_DO(check_value(options.kind, value.reveal()));
  return vault.set(name, value, options);
}

Result<RecordValue> get_typed(Vault& vault, std::string_view name, RecordKind kind) {
  TRY(const RecordInfo info, vault.get_info(name));
  if (info.kind != kind) return fail(Code::invalid_format, "a record of another kind");
  TRY(RecordValue value, vault.get(name));
  TRY_DO(check_value(kind, value.reveal()));
  return value;
}

}  // namespace latchkey::vault
