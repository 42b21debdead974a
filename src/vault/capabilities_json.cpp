#include "vault/capabilities_json.h"

#include "protocol/json_writer.h"

namespace latchkey::vault {
namespace {

std::optional<std::int64_t> millis_of(std::optional<Instant> at) {
  return at ? std::optional(to_unix_millis(*at)) : std::nullopt;
}

void print_type(protocol::json::Writer& json, const PresenceStatus& type) {
  json.begin_object()
      .member("method", name_of(type.method))
      .member("strength", name_of(type.strength))
      .member("available", type.is_available)
      .member("enrolled", type.is_enrolled)
      .member("permission", name_of(type.permission))
      .member("key_bound", type.key_bound)
      .member("locked_out_until_ms", millis_of(type.locked_out_until));
  if (type.problem) json.member("problem", latchkey::name_of(type.problem->code));
  json.end_object();
}

}  // namespace

std::string print_capabilities(const Capabilities& capabilities) {
  std::string text;
  protocol::json::Writer json(text);
  json.begin_object().key("types").begin_array();
  for (const PresenceStatus& type : capabilities.types) print_type(json, type);
  json.end_array();
  if (capabilities.strength) json.member("strength", name_of(*capabilities.strength));
  json.member("enrolled", capabilities.enrolled)
      .member("permission", name_of(capabilities.permission))
      .member("locked_out", capabilities.locked_out_until.has_value())
      .member("locked_out_until_ms", millis_of(capabilities.locked_out_until))
      .member("device_credential", capabilities.device_credential)
      .member("secure_hardware", capabilities.secure_hardware)
      .member("key_bound", capabilities.key_bound)
      .end_object();
  return text;
}

}  // namespace latchkey::vault
