#include "protocol/release/targeting.h"

#include <algorithm>

namespace latchkey::protocol::release {
namespace {

constexpr char no_parts = '\0';

bool fits_prefix(std::string_view fact, std::string_view prefix, char separator) {
  if (!fact.starts_with(prefix)) return false;
  return separator == no_parts || fact.size() == prefix.size() || fact[prefix.size()] == separator;
}

bool meets_text(std::string_view fact, const Predicate& predicate, char separator) {
  const auto is_fact = [&](const std::string& value) { return value == fact; };
  const auto is_prefix = [&](const std::string& value) { return fits_prefix(fact, value, separator); };
  if (predicate.op == "in") return std::ranges::any_of(predicate.values, is_fact);
  if (predicate.op == "prefix") return std::ranges::any_of(predicate.values, is_prefix);
  return false;
}

bool meets_version(std::string_view fact, const Predicate& predicate) {
  if (predicate.op != "min" && predicate.op != "max") return meets_text(fact, predicate, '.');
  if (predicate.values.size() != 1) return false;
  const auto ours = parse_native_version(fact);
  const auto bound = parse_native_version(predicate.values[0]);
  if (!ours || !bound) return false;
  return predicate.op == "min" ? *ours >= *bound : *ours <= *bound;
}

// "1.2" and "1.2.0" are one native version, so `in` compares numbers.
bool meets_native(const NativeVersion& native, const Predicate& predicate) {
  if (predicate.op != "in") return meets_version(print(native), predicate);
  return std::ranges::any_of(predicate.values,
                             [&](const std::string& value) { return parse_native_version(value) == native; });
}

bool meets_one(const DeviceFacts& device, const Predicate& predicate) {
  if (predicate.field == "platform") return meets_text(device.platform, predicate, no_parts);
  if (predicate.field == "os") return meets_version(device.os, predicate);
  if (predicate.field == "native_version") return meets_native(device.native, predicate);
  if (predicate.field == "locale") return meets_text(device.locale, predicate, '-');
  if (predicate.field != "label") return false;
  return std::ranges::any_of(device.labels,
                             [&](const std::string& label) { return meets_text(label, predicate, no_parts); });
}

}  // namespace

bool meets(const DeviceFacts& device, std::span<const Predicate> targeting) {
  return std::ranges::all_of(targeting, [&](const Predicate& predicate) { return meets_one(device, predicate); });
}

}  // namespace latchkey::protocol::release
