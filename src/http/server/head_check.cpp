#include "http/server/head_check.h"

#include <array>
#include <charconv>

#include "http/field_text.h"
#include "protocol/limits.h"

namespace latchkey::http {
namespace {

namespace limits = protocol::limits;

using Refused = tl::unexpected<Refusal>;
using Checked = tl::expected<void, Refusal>;

Refused refuse(std::string_view reason, int status = 400) { return Refused(Refusal{status, reason}); }

#define CHECK_DO(...) \
  if (auto&& checked = (__VA_ARGS__); !checked) return Refused(checked.error())

enum CharClass : std::uint8_t { token_char = 1, value_char = 2, target_char = 4, host_char = 8, hex_char = 16 };

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool digit = c >= '0' && c <= '9';
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const auto in = [c](std::string_view set) { return c < 0x80 && set.find(static_cast<char>(c)) != set.npos; };
    unsigned bits = 0;
    if (digit || letter || in("!#$%&'*+-.^_`|~")) bits |= token_char;  // RFC 9110 section 5.6.2
    if (c == '\t' || (c >= 0x20 && c != 0x7f)) bits |= value_char;     // RFC 9110 section 5.5
    if (c > 0x20 && c < 0x7f && !in("\"<>#")) bits |= target_char;     // what browsers leave unencoded
    if (digit || letter || in("-._~!$&'()*+,;=")) bits |= host_char;   // RFC 3986 section 3.2.2, without "%"
    if (digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) bits |= hex_char;
    classes[c] = static_cast<std::uint8_t>(bits);
  }
  return classes;
}
constexpr auto classes = make_classes();

bool all_are(std::string_view text, CharClass wanted) {
  for (const char c : text)
    if ((classes[static_cast<std::uint8_t>(c)] & wanted) == 0) return false;
  return true;
}

// The line at the front, without its CRLF; the scanner made sure that there is one.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find("\r\n");
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == rest.npos ? rest.size() : end + 2);
  return line;
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

// host [":" port] (RFC 3986 section 3.2): no user information, no percent-coding, no empty host.
bool is_authority(std::string_view text) {
  if (text.empty() || text.size() > protocol::limits::authority_bytes) return false;
  std::string_view after;
  if (text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == text.npos || !Address::parse(text.substr(1, close - 1))) return false;
    if (text.substr(1, close - 1).find(':') == text.npos) return false;
    after = text.substr(close + 1);
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    if (colon == 0 || !all_are(text.substr(0, colon), host_char)) return false;
    after = text.substr(colon);
  }
  return after.empty() || (after.front() == ':' && is_port(after.substr(1)));
}

bool has_valid_percent_coding(std::string_view text) {
  for (std::size_t at = text.find('%'); at != text.npos; at = text.find('%', at + 1))
    if (text.size() - at < 3 || !all_are(text.substr(at + 1, 2), hex_char)) return false;
  return true;
}

// What the fields say, gathered line by line.
struct Fields {
  std::size_t count = 0;
  std::optional<std::string_view> host;
  std::optional<std::string_view> content_length;
  std::optional<std::string_view> transfer_encoding;
  std::optional<std::string_view> expect;
  bool has_authorization = false;
  bool has_content_type = false;
  bool close = false;
  bool keep_alive = false;
};

Checked take_once(std::optional<std::string_view>& slot, std::string_view value, std::string_view reason) {
  if (slot) return refuse(reason);
  slot = value;
  return {};
}

Checked take_once(bool& slot, std::string_view reason) {
  if (slot) return refuse(reason);
  slot = true;
  return {};
}

Checked check_connection(Fields& fields, std::string_view value) {
  for (std::size_t begin = 0; begin <= value.size();) {
    const std::size_t comma = std::min(value.find(',', begin), value.size());
    const std::string_view option = trim(value.substr(begin, comma - begin));
    begin = comma + 1;
    if (option.empty() || !all_are(option, token_char)) return refuse("Connection is not a list of tokens");
    if (is_same_name(option, "close")) fields.close = true;
    if (is_same_name(option, "keep-alive")) fields.keep_alive = true;
    if (is_same_name(option, "upgrade")) return refuse("Upgrade");
    // Would make a proxy drop the field that frames or routes the request.
    for (const std::string_view name : {"host", "content-length", "transfer-encoding", "authorization", "dpop"})
      if (is_same_name(option, name)) return refuse("Connection names a field of the message");
  }
  return {};
}

// "Content_Length" is "Content-Length" to servers that hand fields on as variables.
Checked check_spelling(std::string_view name) {
  if (name.find('_') == name.npos) return {};
  std::array<char, 32> dashed{};
  if (name.size() > dashed.size()) return {};
  for (std::size_t i = 0; i < name.size(); ++i) dashed[i] = name[i] == '_' ? '-' : name[i];
  const std::string_view spelled(dashed.data(), name.size());
  for (const std::string_view framing : {"content-length", "transfer-encoding", "host"})
    if (is_same_name(spelled, framing)) return refuse("look-alike of a framing field");
  return {};
}

Checked note_field(Fields& fields, std::string_view name, std::string_view value) {
  switch (name.size()) {  // most fields are told apart by their length alone
    case 4:
      if (is_same_name(name, "host")) return take_once(fields.host, value, "two Host fields");
      break;
    case 6:
      if (is_same_name(name, "expect")) return take_once(fields.expect, value, "two Expect fields");
      break;
    case 7:
      if (is_same_name(name, "upgrade")) return refuse("Upgrade");
      break;
    case 10:
      if (is_same_name(name, "connection")) return check_connection(fields, value);
      break;
    case 12:
      if (is_same_name(name, "content-type")) return take_once(fields.has_content_type, "two Content-Type fields");
      break;
    case 13:
      if (is_same_name(name, "authorization")) return take_once(fields.has_authorization, "two Authorization fields");
      break;
    case 14:
      if (is_same_name(name, "content-length"))
        return take_once(fields.content_length, value, "two Content-Length fields");
      break;
    case 17:
      if (is_same_name(name, "transfer-encoding"))
        return take_once(fields.transfer_encoding, value, "two Transfer-Encoding fields");
      break;
    default:
      break;
  }
  return check_spelling(name);
}

Checked check_field_line(Fields& fields, std::string_view line) {
  if (++fields.count > limits::request_fields) return refuse("too many fields", 431);
  if (line.front() == ' ' || line.front() == '\t') return refuse("folded field");  // obs-fold, RFC 9112 section 5.2
  const std::size_t colon = line.find(':');
  if (colon == line.npos || colon == 0) return refuse("field without a name");
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim(line.substr(colon + 1));
  if (!all_are(name, token_char)) return refuse("field name is not a token");  // also white space before the colon
  if (!all_are(value, value_char)) return refuse("control character in a field");
  return note_field(fields, name, value);
}

struct RequestLine {
  std::string_view method;
  std::string_view target;
  bool is_http_1_0;
};

tl::expected<RequestLine, Refusal> check_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first == line.npos ? first : first + 1);
  if (second == line.npos) return refuse("request line without three parts");
  const RequestLine parts{line.substr(0, first), line.substr(first + 1, second - first - 1),
                          line.substr(second + 1) == "HTTP/1.0"};
  if (!parts.is_http_1_0 && line.substr(second + 1) != "HTTP/1.1") return refuse("not HTTP/1.1");
  if (parts.method.empty() || !all_are(parts.method, token_char)) return refuse("method is not a token");
  if (parts.target.empty() || !all_are(parts.target, target_char)) return refuse("character in the request target");
  if (!has_valid_percent_coding(parts.target)) return refuse("percent-coding in the request target");
  return parts;
}

// Reduces absolute-form to origin-form; its authority must be the one Host names (RFC 9112 section 3.2.2).
tl::expected<std::string_view, Refusal> check_target(Method method, std::string_view target, const Fields& fields) {
  if (target.front() == '/') return target;
  if (target == "*" && method == Method::options) return target;
  const std::size_t scheme_end = target.find("://");
  const std::string_view scheme = target.substr(0, scheme_end);
  if (scheme_end == target.npos || !(is_same_name(scheme, "http") || is_same_name(scheme, "https")))
    return refuse("form of the request target");
  const std::string_view rest = target.substr(scheme_end + 3);
  const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
  if (!fields.host || !is_same_name(rest.substr(0, path), *fields.host)) return refuse("target names another host");
  if (path == rest.size() || rest[path] == '?') return refuse("absolute target without a path");
  return rest.substr(path);
}

Checked set_framing(Head& head, const Fields& fields) {
  if (fields.transfer_encoding) {
    if (fields.content_length) return refuse("Content-Length and Transfer-Encoding");
    if (head.is_http_1_0) return refuse("Transfer-Encoding in HTTP/1.0");
    if (!is_same_name(*fields.transfer_encoding, "chunked")) return refuse("unknown transfer coding");
    head.framing = Framing::chunked;
    return {};
  }
  if (!fields.content_length) return {};
  const std::string_view digits = *fields.content_length;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), head.content_length);
  // A leading zero makes it octal to some.
  if (error != std::errc() || end != digits.data() + digits.size() || (digits.size() > 1 && digits.front() == '0'))
    return refuse("Content-Length is not a number");
  head.framing = head.content_length == 0 ? Framing::no_body : Framing::content_length;
  return {};
}

Checked set_connection(Head& head, const Fields& fields) {
  // Persistence of HTTP/1.0 was never specified; proxies that relay it blindly get the two sides out of step.
  if (head.is_http_1_0 && fields.keep_alive) return refuse("keep-alive in HTTP/1.0");
  head.keep_alive = !head.is_http_1_0 && !fields.close;
  if (!fields.expect || head.is_http_1_0) return {};
  if (!is_same_name(*fields.expect, "100-continue")) return refuse("unknown expectation", 417);
  head.expects_continue = true;
  return {};
}

}  // namespace

tl::expected<std::optional<std::size_t>, Refusal> HeadScanner::scan(std::string_view received) {
  while (scanned_ < received.size()) {
    const std::size_t newline = received.find('\n', scanned_);
    if (newline == received.npos) break;
    if (newline == 0 || received[newline - 1] != '\r') return refuse("line ends in a bare LF");
    const bool is_first = line_begin_ == 0;
    const bool is_empty = newline == line_begin_ + 1;
    if (is_first && is_empty) return refuse("empty line before the request line");
    if (is_first && newline > limits::request_line) return refuse("request line too long", 414);
    if (newline + 1 > limits::request_head) return refuse("head too large", 431);
    scanned_ = line_begin_ = newline + 1;
    if (is_empty) return std::optional(scanned_);
  }
  scanned_ = received.size();
  if (line_begin_ == 0 && scanned_ > limits::request_line) return refuse("request line too long", 414);
  if (scanned_ >= limits::request_head) return refuse("head too large", 431);
  return std::optional<std::size_t>();
}

tl::expected<Head, Refusal> check_head(std::string_view head) {
  std::string_view rest = head;
  const auto line = check_request_line(take_line(rest));
  if (!line) return Refused(line.error());

  Fields fields;
  for (std::string_view field = take_line(rest); !field.empty(); field = take_line(rest))
    CHECK_DO(check_field_line(fields, field));
  if (!rest.empty()) return refuse("bytes after the head");

  Head result;
  result.is_http_1_0 = line->is_http_1_0;
  if (fields.host ? !is_authority(*fields.host) : !line->is_http_1_0) return refuse("Host missing or invalid");
  const auto method = parse_method(line->method);
  if (!method) return refuse("unknown method", 501);
  result.method = *method;
  const auto target = check_target(*method, line->target, fields);
  if (!target) return Refused(target.error());
  const std::size_t question = std::min(target->find('?'), target->size());
  result.path = target->substr(0, question);
  result.query = target->substr(std::min(question + 1, target->size()));
  if (result.path.find('\\') != result.path.npos) return refuse("backslash in the path");
  CHECK_DO(set_framing(result, fields));
  CHECK_DO(set_connection(result, fields));
  return result;
}

}  // namespace latchkey::http
