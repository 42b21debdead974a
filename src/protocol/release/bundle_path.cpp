#include "protocol/release/bundle_path.h"

#include <algorithm>
#include <array>
#include <string>

#include "protocol/limits.h"
#include "protocol/unicode_text.h"

namespace latchkey::protocol::release {
namespace {

constexpr std::string_view forbidden = "\\:*?\"<>|";

// What stands before the first dot decides, and Windows takes spaces before it away.
std::string device_name_of(std::string_view part) {
  std::string stem(part.substr(0, part.find('.')));
  while (!stem.empty() && stem.back() == ' ') stem.pop_back();
  return fold_case(stem);
}

bool is_numbered_device(std::string_view name) {
  if (!name.starts_with("com") && !name.starts_with("lpt")) return false;
  const std::string_view number = name.substr(3);
  // The superscripts one, two and three of Latin-1 count as digits there.
  if (number == "\xC2\xB9" || number == "\xC2\xB2" || number == "\xC2\xB3") return true;
  return number.size() == 1 && number.front() >= '0' && number.front() <= '9';
}

bool is_windows_device(std::string_view part) {
  static constexpr std::array<std::string_view, 6> devices{"con", "prn", "aux", "nul", "conin$", "conout$"};
  const std::string name = device_name_of(part);
  return std::find(devices.begin(), devices.end(), name) != devices.end() || is_numbered_device(name);
}

Status check_part(std::string_view part) {
  if (part.empty()) return fail(Code::invalid_format, "an empty part: a leading, trailing or doubled '/'");
  if (part == "." || part == "..") return fail(Code::invalid_format, "a part '.' or '..'");
  if (part.back() == '.' || part.back() == ' ') return fail(Code::invalid_format, "a part ends in a dot or a space");
  if (is_windows_device(part)) return fail(Code::invalid_format, "a part is a device name of Windows");
  return {};
}

}  // namespace

Status check_bundle_path(std::string_view path) {
  if (path.empty()) return fail(Code::invalid_format, "empty");
  if (path.size() > limits::bundle_path_bytes) return fail(Code::invalid_format, "longer than 180 bytes");
  if (path.find_first_of(forbidden) != std::string_view::npos)
    return fail(Code::invalid_format, "one of \\ : * ? \" < > |");
  TRY_DO(check_normal_text(path));
  for (std::string_view rest = path;;) {
    const std::size_t slash = rest.find('/');
    TRY_DO(check_part(rest.substr(0, slash)));
    if (slash == std::string_view::npos) return {};
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace latchkey::protocol::release
