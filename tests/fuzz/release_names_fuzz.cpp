// Links: publish
// The small words of releases: ids of apps and releases, channels, versions, times, names of metadata files; and hex.
// Every parser gets the input.
#include "base/hex.h"
#include "protocol/limits.h"
#include "protocol/release/names.h"
#include "protocol/release/tuf/path_pattern.h"
#include "protocol/release/utc_time.h"
#include "protocol/unicode_text.h"
#include "protocol/utf8.h"
#include "publish/repository/metadata_folder.h"
#include "tests/fuzz/property.h"

using namespace latchkey;
using namespace latchkey::protocol::release;
using fuzz::holds;

namespace {

// Apps and channels become parts of paths and URLs.
void check_path_words(std::string_view text) {
  const bool is_app = check_app_id(text).has_value();
  const bool is_channel = check_channel_name(text).has_value();
  holds(!is_channel || is_app, "what names a channel could name an app");
  if (!is_app) return;
  holds(!text.empty() && text.size() <= 128 && text.front() != '.', "a word, and not a hidden one");
  holds(text.find_first_of(std::string_view("/\\%: \0", 6)) == text.npos && text.find("..") == text.npos,
        "one step of a path");
}

void check_line_text(std::string_view text) {
  if (!check_line(text, 64)) return;
  holds(text.size() <= 64 && protocol::utf8::is_valid(text), "short UTF-8");
  for (const char c : text) holds(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "no control characters");
}

void check_version(std::string_view text) {
  const auto version = parse_native_version(text);
  if (!version) return;
  const auto again = parse_native_version(print(*version));
  holds(again && *again == *version, "a version is printed as what it is");
  holds(print(*version).starts_with(text), "and only gains what was left out");
}

void check_targets(std::string_view text) {
  using namespace protocol::tuf;
  const bool is_path = check_target_path(text).has_value();
  holds(!is_path || check_path_pattern(text), "a path is a pattern");
  holds(!is_path || matches(text, text), "of itself");
  holds(!is_path || (text.front() != '/' && text.front() != '.' && text.find("/.") == text.npos &&
                     text.find("//") == text.npos),
        "and leads down only");
  if (check_path_pattern(text)) holds(text.find("**") == text.npos, "a star stands for one component");
  if (check_role_name(text)) holds(text.size() <= 64 && text.find_first_of("./") == text.npos, "a role names a file");
}

void check_text(std::string_view text) {
  if (!protocol::check_normal_text(text)) return;
  holds(protocol::utf8::is_valid(text), "UTF-8");
  const std::string folded = protocol::fold_case(text);
  holds(protocol::fold_case(folded) == folded, "folding settles");
}

void check_metadata_name(std::string_view text) {
  const auto name = publish::MetadataName::parse(text);
  holds(!name || name->file_name() == text, "a file of metadata has one name");
  holds(!name || name->version >= 1, "versions begin at 1");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  check_path_words(text);
  check_line_text(text);
  check_version(text);
  check_metadata_name(text);
  check_targets(text);
  check_text(text);
  if (const auto id = parse_release_id(text)) holds(print(*id) == text, "an id has one form");
  if (const auto at = parse_utc_time(text)) holds(print_utc_time(*at) == text, "a time has one form");
  if (const auto bytes = parse_hex(text)) holds(to_hex(*bytes) == text, "hex has one form");
  holds(parse_hex(to_hex({data, size})).value() == Bytes(data, data + size), "every byte string has one");
  return 0;
}
