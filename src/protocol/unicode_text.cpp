#include "protocol/unicode_text.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

namespace latchkey::protocol {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_forbidden(utf8proc_int32_t point) {
  switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return true;
    default:
      return false;
  }
}

// Empty when utf8proc refuses `text`.
std::string mapped(std::string_view text, unsigned options) {
  utf8proc_uint8_t* out = nullptr;
  const auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &out, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | options));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(out, &std::free);
  if (size <= 0) return {};
  return {reinterpret_cast<const char*>(out), static_cast<std::size_t>(size)};
}

Status check_characters(std::string_view text) {
  while (!text.empty()) {
    utf8proc_int32_t point = 0;
    const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &point);
    if (size <= 0) return fail(Code::invalid_format, "not UTF-8");
    if (is_forbidden(point)) return fail(Code::invalid_format, "a control, invisible or unassigned character");
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return {};
}

}  // namespace

Status check_normal_text(std::string_view text) {
  TRY_DO(check_characters(text));
  if (!is_ascii(text) && mapped(text, 0) != text) return fail(Code::invalid_format, "not in Unicode's form NFC");
  return {};
}

std::string fold_case(std::string_view text) {
  if (!is_ascii(text)) return mapped(text, UTF8PROC_CASEFOLD);
  std::string folded(text);
  for (char& c : folded)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return folded;
}

Result<std::string> fold_compatible(std::string_view text) {
  std::string folded = mapped(text, UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_REJECTNA | UTF8PROC_STRIPCC);
  if (folded.empty()) return fail(Code::invalid_format, "not a name in Unicode");
  return folded;
}

Result<WipedBytes> compose_secret(std::string_view text) {
  // Canonical decomposition makes at most four code points of one; putting them back needs room for one more.
  std::vector<utf8proc_int32_t, WipingAllocator<utf8proc_int32_t>> points((text.size() * 4) + 1);
  const auto most = static_cast<utf8proc_ssize_t>(points.size() - 1);
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_REJECTNA);
  const auto count = utf8proc_decompose(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                        static_cast<utf8proc_ssize_t>(text.size()), points.data(), most, options);
  if (count < 0 || count > most) return fail(Code::invalid_format, "not text in Unicode");
  const auto size = utf8proc_reencode(points.data(), count, options);  // in place
  if (size <= 0) return fail(Code::invalid_format, "not text in Unicode");
  const auto* const composed = reinterpret_cast<const std::uint8_t*>(points.data());
  return WipedBytes(composed, composed + size);
}

}  // namespace latchkey::protocol
