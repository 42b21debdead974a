#include "protocol/release/names.h"

#include <algorithm>

#include "base/hex.h"
#include "protocol/limits/release.h"
#include "protocol/utf8.h"

namespace latchkey::protocol::release {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The number at the front of `text`, which it is cut off from.
Result<std::uint32_t> take_number(std::string_view& text) {
  const std::size_t digits = std::min(text.find('.'), text.size());
  const std::string_view number = text.substr(0, digits);
  const bool has_form = digits >= 1 && digits <= 10 && std::ranges::all_of(number, is_digit);
  if (!has_form || (digits > 1 && number[0] == '0')) return fail(Code::invalid_format, "native version");
  std::uint64_t value = 0;
  for (const char digit : number) value = value * 10 + static_cast<std::uint64_t>(digit - '0');
  if (value > limits::version_number_maximum) return fail(Code::invalid_format, "native version");
  text.remove_prefix(digits);
  return static_cast<std::uint32_t>(value);
}

}  // namespace

Result<ReleaseId> parse_release_id(std::string_view hex) {
  TRY(const auto bytes, parse_hex_array<16>(hex));
  return ReleaseId(bytes);
}

std::string print(const ReleaseId& id) { return to_hex(id.value()); }

Status check_app_id(std::string_view app) {
  const auto is_allowed = [](char c) { return is_lower(c) || is_digit(c) || c == '.' || c == '-'; };
  const bool has_form = !app.empty() && app.size() <= limits::app_id_bytes && (is_lower(app[0]) || is_digit(app[0]));
  if (!has_form || !std::ranges::all_of(app, is_allowed) || app.find("..") != app.npos)
    return fail(Code::invalid_format, "app id");
  return {};
}

Status check_channel_name(std::string_view channel) {
  const auto is_allowed = [](char c) { return is_lower(c) || is_digit(c) || c == '-'; };
  if (channel.empty() || channel.size() > limits::channel_bytes || channel[0] == '-' ||
      !std::ranges::all_of(channel, is_allowed))
    return fail(Code::invalid_format, "channel name");
  return {};
}

Status check_word(std::string_view word) {
  const auto is_allowed = [](char c) { return is_lower(c) || is_digit(c) || c == '_'; };
  if (word.empty() || word.size() > limits::release_word_bytes || !is_lower(word[0]) ||
      !std::ranges::all_of(word, is_allowed))
    return fail(Code::invalid_format, "word");
  return {};
}

Status check_line(std::string_view text, std::size_t max_bytes) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (text.size() > max_bytes || !utf8::is_valid(text) || std::ranges::any_of(text, is_control))
    return fail(Code::invalid_format, "text");
  return {};
}

Result<NativeVersion> parse_native_version(std::string_view text) {
  NativeVersion version;
  TRY(version.major, take_number(text));
  for (std::uint32_t* part : {&version.minor, &version.patch}) {
    if (text.empty()) return version;
    text.remove_prefix(1);  // take_number stops at a dot or at the end
    TRY(*part, take_number(text));
  }
  if (!text.empty()) return fail(Code::invalid_format, "native version");
  return version;
}

std::string print(const NativeVersion& version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor) + "." + std::to_string(version.patch);
}

}  // namespace latchkey::protocol::release
