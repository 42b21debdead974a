#include "protocol/release/tuf/path_pattern.h"

#include <algorithm>

#include "protocol/limits.h"
#include "protocol/limits/release.h"

namespace latchkey::protocol::tuf {
namespace {

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_path_character(char c) {
  return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
}

// Takes the first component off `path`.
std::string_view take_component(std::string_view& path) {
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view component = path.substr(0, end);
  path.remove_prefix(std::min(end + 1, path.size()));
  return component;
}

bool component_matches(std::string_view pattern, std::string_view name) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == name;
  if (!name.starts_with(pattern.substr(0, star))) return false;
  const std::string_view rest = pattern.substr(star + 1);
  for (std::size_t at = star; at <= name.size(); ++at)
    if (component_matches(rest, name.substr(at))) return true;
  return false;
}

Status check_components(std::string_view path, bool may_have_star) {
  const auto wrong = [] { return fail(Code::invalid_format, "a path that not every client reads alike"); };
  if (path.empty() || path.size() > limits::tuf_path_bytes || path.back() == '/') return wrong();
  while (!path.empty()) {
    const std::string_view component = take_component(path);
    if (component.empty() || component.front() == '.') return wrong();
    // One star a component: matching stays linear.
    if (std::ranges::count(component, '*') > (may_have_star ? 1 : 0)) return wrong();
    if (!std::ranges::all_of(component, [](char c) { return is_path_character(c) || c == '*'; })) return wrong();
  }
  return {};
}

}  // namespace

Status check_target_path(std::string_view path) { return check_components(path, false); }
Status check_path_pattern(std::string_view pattern) { return check_components(pattern, true); }

bool matches(std::string_view pattern, std::string_view path) {
  while (!pattern.empty() && !path.empty())
    if (!component_matches(take_component(pattern), take_component(path))) return false;
  return pattern.empty() && path.empty();
}

Status check_role_name(std::string_view name) {
  const bool is_right = !name.empty() && name.size() <= limits::tuf_role_name_bytes && name.front() != '-' &&
                        std::ranges::all_of(name, [](char c) { return is_lower_or_digit(c) || c == '-'; });
  if (!is_right) return fail(Code::invalid_format, "a role's name");
  return {};
}

}  // namespace latchkey::protocol::tuf
