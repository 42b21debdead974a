#include "apps/latchkey/bundle_output.h"

#include <fmt/format.h>

#include <algorithm>

#include "apps/latchkey/console.h"
#include "base/hex.h"
#include "protocol/release/utc_time.h"
#include "protocol/utf8.h"

namespace latchkey::app {
namespace {

constexpr std::size_t max_shown = 200;

std::string short_hex(ByteView bytes) { return to_hex(bytes.first(6)); }

// The newest release with that tree; the tree's first digits if none is known.
std::string name_of_tree(const release::TreeRoot& root, const std::vector<release::ReleaseDescriptor>& history) {
  for (auto one = history.rbegin(); one != history.rend(); ++one)
    if (one->tree.root == root) return one->name;
  return "tree " + short_hex(root);
}

}  // namespace

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  for (const char* unit : {"KB", "MB"}) {
    value /= 1000;
    if (value < 999.95) return fmt::format("{:.1f} {}", value, unit);
  }
  return fmt::format("{:.1f} GB", value / 1000);
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty() && out.size() < max_shown) {
    const std::size_t size = protocol::utf8::character_size(text);
    const auto first = static_cast<unsigned char>(text.front());
    if (size == 0 || first < 0x20 || first == 0x7F || (first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0))
      out += fmt::format("\\x{:02x}", first), text.remove_prefix(1);
    else
      out += text.substr(0, size), text.remove_prefix(size);
  }
  return text.empty() ? out : out + "...";
}

std::string describe_objects(const release::ReleaseDescriptor& release,
                             const std::vector<release::ReleaseDescriptor>& history) {
  std::uint64_t full = 0;
  for (const auto& object : release.objects)
    if (!object.base) full = object.length;
  std::string out;
  for (const auto& object : release.objects) {
    std::string way = object.base ? "from " + name_of_tree(*object.base, history) : "full bundle";
    if (object.target) way += " to " + name_of_tree(*object.target, history);
    out += fmt::format("\n  {:<36} {:>10}", way, human_bytes(object.length));
    if (object.base && full != 0)
      out += fmt::format("  {:5.2f} %", 100 * static_cast<double>(object.length) / static_cast<double>(full));
  }
  return out;
}

std::string objects_to_json(const release::ReleaseDescriptor& release) {
  std::string out;
  for (const auto& object : release.objects) {
    out += fmt::format(R"({}{{"id":"{}","length":{},"memory":{})", out.empty() ? "" : ",", to_hex(object.id),
                       object.length, object.memory);
    if (object.base) out += fmt::format(R"(,"base":"{}")", to_hex(*object.base));
    if (object.target) out += fmt::format(R"(,"target":"{}")", to_hex(*object.target));
    out += "}";
  }
  return "[" + out + "]";
}

std::string describe_head(const release::ReleaseDescriptor& release) {
  return fmt::format("release {} ({}) of {}, channel {}: {} files, {}, tree {}", release.name, release.sequence,
                     release.app, release.channel, release.tree.files, human_bytes(release.tree.bytes),
                     short_hex(release.tree.root));
}

std::string head_to_json(const release::ReleaseDescriptor& release) {
  return fmt::format(
      R"("app":{},"channel":{},"id":"{}","name":{},"sequence":{},"issued":"{}","root":"{}","files":{},"bytes":{})",
      json_quoted(release.app), json_quoted(release.channel), release::print(release.terms.id),
      json_quoted(release.name), release.sequence, release::print_utc_time(release.issued), to_hex(release.tree.root),
      release.tree.files, release.tree.bytes);
}

std::string describe(const publish::ReadReport& report) {
  std::string out;
  for (const auto& offence : report.offences)
    out += fmt::format("{}  {}: {}", out.empty() ? "" : "\n", printable(offence.path), printable(offence.reason));
  return out;
}

std::string to_json(const publish::ReadReport& report) {
  std::string out;
  for (const auto& offence : report.offences)
    out += fmt::format(R"({}{{"path":{},"reason":{}}})", out.empty() ? "" : ",", json_quoted(printable(offence.path)),
                       json_quoted(printable(offence.reason)));
  return "[" + out + "]";
}

}  // namespace latchkey::app
