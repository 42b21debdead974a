#include "apps/latchkey/keys_output.h"

#include <fmt/format.h>

#include "protocol/json_writer.h"
#include "protocol/release/utc_time.h"

namespace latchkey::app {
namespace {

using protocol::release::print_utc_time;
namespace json = protocol::json;

struct RoleLine {
  std::string name;
  tuf::RoleKeys keys;
  std::int64_t version = 0;  // 0: no file here
  Instant expires{};
  bool is_void = false;  // its keys changed, and nobody has signed it anew
};

Result<std::vector<RoleLine>> list_roles(const KeysAccess& access) {
  const auto folder = access.folder();
  TRY(const tuf::Root root, folder.read_root());
  std::vector<RoleLine> lines{{"root", root.role(tuf::root_role), root.version, root.expires, false}};
  const auto add = [&](const std::string& name, const tuf::RoleKeys& keys) -> Status {
    const auto content = folder.find_targets(name);
    if (!content && content.error().code != Code::signature_invalid) return tl::unexpected(content.error());
    RoleLine line{name, keys, 0, {}, !content};
    if (content && *content) {
      line.version = (*content)->version;
      line.expires = (*content)->expires;
    }
    lines.push_back(std::move(line));
    return {};
  };
  TRY_DO(add("targets", root.role(tuf::targets_role)));
  lines.push_back({"snapshot", root.role(tuf::snapshot_role), 0, {}, false});
  lines.push_back({"timestamp", root.role(tuf::timestamp_role), 0, {}, false});
  if (const auto targets = folder.find_targets(tuf::targets_role); targets && *targets)
    for (const auto& role : (*targets)->delegated_roles) TRY_DO(add(role.name, role.keys));
  return lines;
}

std::string describe_keys(const KeysAccess& access, const tuf::RoleKeys& keys) {
  std::string names;
  for (const auto& id : keys.key_ids) names += (names.empty() ? "" : ", ") + access.describe(id);
  return fmt::format("{} of {}: {}", keys.threshold, keys.key_ids.size(), names);
}

std::string describe_life(const KeysAccess& access, const RoleLine& line) {
  if (line.is_void) return "  must be signed anew: its keys changed";
  if (line.version == 0) return "";
  const auto left = std::chrono::floor<std::chrono::days>(line.expires - access.now()).count();
  return fmt::format("  version {}, {}", line.version,
                     left < 0 ? "EXPIRED " + print_utc_time(line.expires) : fmt::format("{} days left", left));
}

std::string describe_draft(const KeysAccess& access, const publish::Draft& draft) {
  std::string text = fmt::format("  {} waits for signatures:\n", access.folder().draft_file(draft.name).string());
  const auto requirements = publish::list_requirements(access.folder(), draft);
  if (!requirements) return text + "    it does not fit this repository\n";
  for (const auto& requirement : *requirements) {
    const auto progress = publish::measure(requirement, draft.envelope);
    text += fmt::format("    {}: {} of {}", progress.whose, progress.valid, progress.threshold);
    for (const auto& signer : progress.signers)
      if (!progress.is_met() && !signer.has_signed) text += ", " + access.describe(signer.key) + " may";
    text += "\n";
  }
  return text;
}

void write_draft(json::Writer& writer, const KeysAccess& access, const publish::Draft& draft) {
  writer.begin_object().member("file", access.folder().draft_file(draft.name).string());
  writer.key("thresholds").begin_array();
  if (const auto requirements = publish::list_requirements(access.folder(), draft))
    for (const auto& requirement : *requirements) {
      const auto progress = publish::measure(requirement, draft.envelope);
      writer.begin_object().member("of", progress.whose).member("signed", progress.valid);
      writer.member("needed", progress.threshold).end_object();
    }
  writer.end_array().end_object();
}

void write_keys(json::Writer& writer, const tuf::RoleKeys& keys) {
  writer.key("keys").begin_array();
  for (const auto& id : keys.key_ids) writer.value(id.value());
  writer.end_array().member("threshold", keys.threshold);
}

void append_roles(std::string& text, const KeysAccess& access, std::string_view name, const tuf::RoleKeys& keys) {
  text += fmt::format("    {:<16} {}\n", name, describe_keys(access, keys));
}

}  // namespace

Result<std::string> describe_content(const KeysAccess& access, std::string_view role, const tuf::Envelope& envelope) {
  std::string text;
  if (role == tuf::root_role) {
    TRY(const tuf::Root root, tuf::parse_root(envelope.content()));
    text = fmt::format("  root, version {}, expires {}\n", root.version, print_utc_time(root.expires));
    for (const auto& [name, keys] : root.roles) append_roles(text, access, name, keys);
    return text;
  }
  TRY(const tuf::Targets targets, tuf::parse_targets(envelope.content()));
  text = fmt::format("  {}, version {}, expires {}\n", role, targets.version, print_utc_time(targets.expires));
  for (const auto& [path, file] : targets.files)
    text += fmt::format("    {} = {} bytes, SHA-256 {}\n", path, file.length, to_hex(file.sha256));
  for (const auto& one : targets.delegated_roles) append_roles(text, access, one.name, one.keys);
  return text;
}

std::string describe_outcome(const KeysAccess& access, std::string_view done,
                             const std::vector<publish::MetadataName>& completed,
                             const std::vector<publish::Draft>& waiting) {
  std::string text(done);
  for (const auto& name : completed) text += "\n  " + name.file_name() + " is complete";
  if (!waiting.empty()) text += "\n";
  for (const auto& draft : waiting) text += describe_draft(access, draft);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string outcome_json(const KeysAccess& access, const std::vector<publish::MetadataName>& completed,
                         const std::vector<publish::Draft>& waiting) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("ok", true).key("complete").begin_array();
  for (const auto& name : completed) writer.value(name.file_name());
  writer.end_array().key("waiting").begin_array();
  for (const auto& draft : waiting) write_draft(writer, access, draft);
  writer.end_array().end_object();
  return out;
}

Result<std::string> describe_repository(const KeysAccess& access) {
  TRY(const auto roles, list_roles(access));
  TRY(const auto drafts, access.folder().list_drafts());
  std::string text;
  for (const RoleLine& line : roles)
    text += fmt::format("{:<16} {}{}\n", line.name, describe_keys(access, line.keys), describe_life(access, line));
  for (const auto& draft : drafts) text += describe_draft(access, draft);
  text.pop_back();
  return text;
}

Result<std::string> repository_json(const KeysAccess& access) {
  TRY(const auto roles, list_roles(access));
  TRY(const auto drafts, access.folder().list_drafts());
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("roles").begin_array();
  for (const RoleLine& line : roles) {
    writer.begin_object().member("name", line.name);
    write_keys(writer, line.keys);
    if (line.version != 0) writer.member("version", line.version).member("expires", print_utc_time(line.expires));
    writer.end_object();
  }
  writer.end_array().key("waiting").begin_array();
  for (const auto& draft : drafts) write_draft(writer, access, draft);
  writer.end_array().end_object();
  return out;
}

}  // namespace latchkey::app
