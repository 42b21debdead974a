#include "apps/latchkey/update_settings.h"

#include "base/atomic_file.h"
#include "protocol/json.h"
#include "protocol/json_writer.h"
#include "protocol/limits.h"

namespace latchkey::app {
namespace {

namespace json = protocol::json;

std::filesystem::path settings_file(const std::filesystem::path& folder) { return folder / "settings.json"; }

// The texts of the file, by name: one list for reading and writing.
template <class Settings, class Visit>
Status for_each_text(Settings& settings, Visit visit) {
  TRY_DO(visit("app", settings.app));
  TRY_DO(visit("repository", settings.repository));
  TRY_DO(visit("root", settings.root));
  TRY_DO(visit("built_in", settings.built_in));
  TRY_DO(visit("ca_file", settings.ca_file));
  TRY_DO(visit("channel", settings.channel));
  TRY_DO(visit("vault", settings.vault));
  TRY_DO(visit("platform", settings.platform));
  TRY_DO(visit("os", settings.os));
  TRY_DO(visit("native", settings.native));
  TRY_DO(visit("fingerprint", settings.fingerprint));
  return visit("locale", settings.locale);
}

}  // namespace

Result<UpdateSettings> load_settings(const std::filesystem::path& folder) {
  TRY(const WipedBytes bytes, read_file(settings_file(folder), protocol::limits::settings_file_bytes));
  TRY(const json::Value object, json::parse_object(as_text(bytes)));
  UpdateSettings settings;
  TRY_DO(for_each_text(settings, [&](const char* name, std::string& text) -> Status {
    TRY(const auto found, json::find_string(object, name));
    text = found.value_or("");
    return {};
  }));
  TRY(const auto sequence, json::get_integer(object, "built_in_sequence"));
  if (sequence < 0) return fail(Code::invalid_format, "built_in_sequence");
  settings.built_in_sequence = static_cast<std::uint64_t>(sequence);
  TRY(settings.content_keys, json::find_strings(object, "content_keys"));
  TRY(settings.labels, json::find_strings(object, "labels"));
  return settings;
}

Status save_settings(const std::filesystem::path& folder, const UpdateSettings& settings) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object();
  TRY_DO(for_each_text(settings, [&](const char* name, const std::string& value) -> Status {
    writer.member(name, value);
    return {};
  }));
  writer.member("built_in_sequence", settings.built_in_sequence).key("content_keys").value(settings.content_keys);
  writer.key("labels").value(settings.labels).end_object();
  TRY_DO(create_private_folder(folder));
  return write_file_atomically(settings_file(folder), as_bytes(text + "\n"));
}

}  // namespace latchkey::app
