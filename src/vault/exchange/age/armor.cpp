#include "vault/exchange/age/armor.h"

#include <algorithm>

#include "vault/exchange/age/base64.h"

namespace latchkey::vault::age {
namespace {

constexpr std::string_view begin_line = "-----BEGIN AGE ENCRYPTED FILE-----";
constexpr std::string_view end_line = "-----END AGE ENCRYPTED FILE-----";
constexpr std::string_view space = " \t\r\n";
constexpr std::size_t columns = 64;
constexpr std::size_t bytes_per_line = columns / 4 * 3;

tl::unexpected<Error> broken_armor(std::string_view what) {
  return fail(Code::invalid_format, "age armor: " + std::string(what));
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(space);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(space) + 1 - begin);
}

std::string print_line(ByteView bytes) {
  std::string line = to_base64(bytes);
  while (line.size() % 4 != 0) line.push_back('=');
  return line + "\n";
}

Result<Bytes> parse_line(std::string_view line) {
  if (line.empty() || line.size() > columns || line.size() % 4 != 0) return broken_armor("length of a line");
  const std::size_t end = line.find('=');
  if (end != std::string_view::npos &&
      (line.size() - end > 2 || line.find_first_not_of('=', end) != std::string_view::npos))
    return broken_armor("padding");
  auto bytes = parse_base64(line.substr(0, end));
  if (!bytes) return broken_armor("a line is not base64");
  return bytes;
}

// The next line without its end; all of `text` when there is none.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

Status ArmorWriter::begin_once() {
  if (has_begun_) return {};
  has_begun_ = true;
  return sink_(as_bytes(std::string(begin_line) + "\n"));
}

Status ArmorWriter::write(ByteView bytes) {
  TRY_DO(begin_once());
  append(held_, bytes);
  std::string text;
  ByteView rest = held_;
  for (; rest.size() >= bytes_per_line; rest = rest.subspan(bytes_per_line))
    text += print_line(rest.first(bytes_per_line));
  held_ = Bytes(rest.begin(), rest.end());
  return text.empty() ? Status() : sink_(as_bytes(text));
}

Status ArmorWriter::finish() {
  TRY_DO(begin_once());
  std::string text = held_.empty() ? "" : print_line(held_);
  return sink_(as_bytes(text.append(end_line).append("\n")));
}

bool is_armored(ByteView file) {
  const std::string_view text = as_text(file);
  const std::size_t begin = text.find_first_not_of(space);
  return begin != std::string_view::npos && text[begin] == '-';
}

Result<Bytes> open_armor(ByteView file) {
  std::string_view text = trimmed(as_text(file));
  if (take_line(text) != begin_line) return broken_armor("the first line");
  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (bool is_over = false;;) {
    const std::string_view line = take_line(text);
    if (line == end_line) break;
    if (is_over) return broken_armor("a short line before the last");
    TRY(const Bytes some, parse_line(line));
    is_over = some.size() < bytes_per_line;
    append(bytes, some);
  }
  if (!text.empty()) return broken_armor("data after the end");
  return bytes;
}

}  // namespace latchkey::vault::age
