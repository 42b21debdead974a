#include "http/headers.h"

#include <algorithm>

#include "base/bytes.h"
#include "http/field_text.h"

namespace latchkey::http {
namespace {

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr std::size_t usual_text = 512;  // of a token request with its client's fields
constexpr std::size_t usual_fields = 12;

}  // namespace

bool is_same_name(std::string_view left, std::string_view right) {
  return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin(),
                                                   [](char a, char b) { return a == b || to_lower(a) == to_lower(b); });
}

bool has_token(std::string_view list, std::string_view token) {
  while (true) {
    const std::size_t comma = list.find(',');
    if (is_same_name(trim(list.substr(0, comma)), token)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

void Headers::add(std::string_view name, std::string_view value) {
  if (entries_.empty()) {
    text_.reserve(usual_text);
    entries_.reserve(usual_fields);
  }
  entries_.push_back({static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(name.size()),
                      static_cast<std::uint32_t>(value.size())});
  text_.append(name).append(value);
}

void Headers::set(std::string_view name, std::string_view value) {
  remove(name);
  add(name, value);
}

void Headers::remove(std::string_view name) {
  std::erase_if(entries_, [&](const Entry& entry) {
    return is_same_name(std::string_view(text_).substr(entry.begin, entry.name_size), name);
  });
}

void Headers::clear() {
  secure_wipe({reinterpret_cast<std::uint8_t*>(text_.data()), text_.size()});
  text_.clear();
  entries_.clear();
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const Field field : *this)
    if (is_same_name(field.name, name)) return field.value;
  return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const {
  std::size_t count = 0;
  for (const Field field : *this) count += is_same_name(field.name, name) ? 1 : 0;
  return count;
}

Headers::Field Headers::operator[](std::size_t index) const {
  const Entry& entry = entries_[index];
  const std::string_view text = text_;
  return {text.substr(entry.begin, entry.name_size), text.substr(entry.begin + entry.name_size, entry.value_size)};
}

}  // namespace latchkey::http
