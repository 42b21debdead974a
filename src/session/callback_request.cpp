#include "session/callback_request.h"

#include <algorithm>

#include "http/field_text.h"
#include "http/headers.h"

namespace latchkey::session {
namespace {

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

// The next line, without its CR LF; `rest` is moved behind it. Fails: invalid_request (a bare CR or LF).
Result<std::string_view> take_line(std::string_view& rest) {
  const auto end = rest.find("\r\n");
  if (end == rest.npos) return fail(Code::invalid_request, "unfinished line");
  const std::string_view line = rest.substr(0, end);
  if (line.find_first_of("\r\n") != line.npos) return fail(Code::invalid_request, "bare line end");
  rest.remove_prefix(end + 2);
  return line;
}

// "GET /callback?query HTTP/1.1" -> "query"
Result<WipedString> parse_request_line(std::string_view line) {
  constexpr std::string_view method = "GET ";
  constexpr std::string_view version = " HTTP/1.1";
  if (!line.starts_with(method) || !line.ends_with(version)) return fail(Code::invalid_request, "request line");
  const std::string_view target = line.substr(method.size(), line.size() - method.size() - version.size());
  if (!is_visible(target) || target.find('#') != target.npos) return fail(Code::invalid_request, "target");
  const auto mark = target.find('?');
  if (target.substr(0, mark) != callback_path) return fail(Code::not_found);
  if (mark == target.npos) return fail(Code::invalid_request, "no query");
  return WipedString(target.substr(mark + 1));
}

Result<http::Headers> parse_fields(std::string_view rest) {
  http::Headers fields;
  while (true) {
    TRY(const std::string_view line, take_line(rest));
    if (line.empty()) break;
    const auto colon = line.find(':');
    if (colon == line.npos || colon == 0 || !is_visible(line.substr(0, colon)))
      return fail(Code::invalid_request, "field");
    fields.add(line.substr(0, colon), http::trim(line.substr(colon + 1)));
  }
  if (!rest.empty()) return fail(Code::invalid_request, "bytes behind the head");
  return fields;
}

Status check_fields(const http::Headers& fields, std::string_view host) {
  if (fields.count("host") != 1 || fields.find("host") != host) return fail(Code::access_denied, "host");
  if (fields.has("content-length") || fields.has("transfer-encoding")) return fail(Code::invalid_request, "body");
  if (fields.find("sec-fetch-dest").value_or("document") != "document")
    return fail(Code::access_denied, "not a navigation");
  return {};
}

}  // namespace

Result<WipedString> parse_callback_request(std::string_view head, std::string_view host) {
  TRY(const std::string_view line, take_line(head));
  TRY(WipedString query, parse_request_line(line));
  TRY(const http::Headers fields, parse_fields(head));
  TRY_DO(check_fields(fields, host));
  return query;
}

}  // namespace latchkey::session
