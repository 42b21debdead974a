#include "http/server/response_writer.h"

#include <array>
#include <charconv>
#include <chrono>

#include "base/log.h"

namespace latchkey::http {
namespace {

void append_number(WipedString& to, std::size_t number) {
  std::array<char, 20> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  to.append(digits.data(), error == std::errc() ? end : digits.data());
}

bool is_printable(std::string_view text) {
  for (const char c : text)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) return false;
  return true;
}

bool is_sendable(const Response& response) {
  if (response.status < 200 || response.status > 599) return false;
  for (const auto field : response.headers)
    if (field.name.empty() || field.name.find_first_of(" :\t") != field.name.npos || !is_printable(field.name) ||
        !is_printable(field.value))
      return false;
  return true;
}

bool is_ours(std::string_view name) {
  switch (name.size()) {
    case 4:
      return is_same_name(name, "date");
    case 10:
      return is_same_name(name, "connection");
    case 14:
      return is_same_name(name, "content-length");
    case 17:
      return is_same_name(name, "transfer-encoding");
    default:
      return false;
  }
}

void print_status_line(int status, WipedString& to) {
  to.append("HTTP/1.1 ");
  append_number(to, static_cast<std::size_t>(status));
  to.append(" ").append(reason_of(status)).append("\r\n");
}

void print_fields(const Response& response, const Printing& how, WipedString& to) {
  for (const auto field : response.headers)
    if (!is_ours(field.name)) to.append(field.name).append(": ").append(field.value).append("\r\n");
  how.security.print_missing(response.headers, to);
  to.append("Date: ").append(how.date).append("\r\n");
  if (how.persistence == Persistence::close) to.append("Connection: close\r\n");
}

std::string_view print_checked(const Response& response, const Printing& how, WipedString& to) {
  const bool has_content = response.status != 204 && response.status != 304;  // RFC 9110 sections 15.3.5, 15.4.5
  const std::string_view body = has_content ? response.body_text() : std::string_view();
  print_status_line(response.status, to);
  print_fields(response, how, to);
  if (has_content) {
    to.append("Content-Length: ");
    append_number(to, response.body_size());
    to.append("\r\n");
  }
  to.append("\r\n");
  if (how.body == BodyBytes::left_out) return {};
  if (body.size() > copied_body) return body;
  to.append(body);
  return {};
}

}  // namespace

std::string_view print_response(const Response& response, const Printing& how, WipedString& to) {
  if (is_sendable(response)) return print_checked(response, how, to);
  log::error("a handler made a response that cannot be sent", {{"status", response.status}});
  return print_checked(empty_response(500), how, to);
}

std::string print_http_date(std::int64_t unix_seconds) {
  using namespace std::chrono;
  static constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_seconds at{seconds(unix_seconds)};
  const auto day = floor<std::chrono::days>(at);
  const year_month_day date(day);
  const hh_mm_ss time(at - day);
  const auto two = [](auto number) {
    const auto value = static_cast<unsigned>(number);
    return std::string{static_cast<char>('0' + value / 10 % 10), static_cast<char>('0' + value % 10)};
  };
  std::string text(days[weekday(day).c_encoding()]);
  text.append(", ").append(two(static_cast<unsigned>(date.day()))).append(" ");
  text.append(months[static_cast<unsigned>(date.month()) - 1]).append(" ");
  text.append(std::to_string(static_cast<int>(date.year()))).append(" ").append(two(time.hours().count()));
  text.append(":").append(two(time.minutes().count())).append(":").append(two(time.seconds().count()));
  return text.append(" GMT");
}

}  // namespace latchkey::http
