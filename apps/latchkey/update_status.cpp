// `latchkey update status`: what the device's folder says, also while another process drives it.
#include "apps/latchkey/update_access.h"
#include "apps/latchkey/update_output.h"
#include "base/hex.h"
#include "protocol/json.h"
#include "update/web/state_json.h"

namespace latchkey::app {
namespace {

namespace json = protocol::json;

std::string describe_check(const std::string& line) {
  const auto note = json::parse_object(line);
  if (!note) return {};
  const json::Value* const check = note->find("check");
  const auto text = [](const json::Value* object, std::string_view name) {
    const json::Value* const value = object == nullptr ? nullptr : object->find(name);
    return std::string(value == nullptr ? "" : value->to_string().value_or(""));
  };
  std::string out = "\nchecked    " + text(&*note, "at") + "  " + text(check, "outcome");
  for (const std::string& more : {text(check, "verdict"), text(check, "error"), text(&*note, "error")})
    if (!more.empty()) out += ", " + more;
  return out;
}

Status show_status(DeviceAccess& access) {
  TRY(const auto look, access.look());
  if (!look) {
    access.console().result("There is no device in this folder yet.", R"({"device":false})");
    return {};
  }
  std::string text;
  update::web::Writer writer(text);
  writer.begin_object().member("device", true).member("app", access.settings().app);
  writer.member("repository", access.settings().repository).member("native", access.settings().native);
  writer.member("device_id", to_hex(look->id.value()));
  update::web::write_state(writer, look->state);
  if (look->last_check) writer.key("last_check").raw(*look->last_check);
  writer.end_object();
  access.console().result(access.settings().app + "\n" + describe(look->state) + "\ndevice     " +
                              to_hex(look->id.value()) + (look->last_check ? describe_check(*look->last_check) : ""),
                          text);
  return {};
}

}  // namespace

void add_update_status(CLI::App& group, const std::shared_ptr<DeviceAccess>& access) {
  CLI::App* status = group.add_subcommand("status", "What runs, what waits, what is blocked, what the last check said");
  status->footer(
      "Reads the folder and changes nothing, so it works beside `latchkey update run`. The bundle that runs is\n"
      "  built_in    the one that ships with the app\n"
      "  trial       switched to, and its page has not said ready\n"
      "  confirmed   it has\n"
      "A blocked bundle failed here and never runs again on this device (docs/update-states.md).");
  status->callback([access] { access->console().finish(show_status(*access)); });
}

}  // namespace latchkey::app
