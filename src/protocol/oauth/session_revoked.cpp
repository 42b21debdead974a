#include "protocol/oauth/session_revoked.h"

#include "protocol/json_writer.h"

namespace latchkey::protocol::oauth {
namespace {

constexpr std::string_view event_type = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";

std::string_view name_of(InitiatingEntity entity) {
  switch (entity) {
    case InitiatingEntity::admin:
      return "admin";
    case InitiatingEntity::user:
      return "user";
    case InitiatingEntity::policy:
      return "policy";
  }
  return "";
}

void print_subject(json::Writer& writer, const SessionRevoked& event) {
  writer.key("sub_id").begin_object().member("format", "complex");
  writer.key("user").begin_object().member("format", "iss_sub").member("iss", event.issuer);
  writer.member("sub", event.user).end_object();
  writer.key("session").begin_object().member("format", "opaque").member("id", event.session_id).end_object();
  writer.key("application").begin_object().member("format", "opaque").member("id", event.client_id).end_object();
  writer.end_object();
}

}  // namespace

std::string print_session_revoked_claims(const SessionRevoked& event) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().member("iss", event.issuer).member("aud", event.audience).member("jti", event.token_id);
  writer.member("iat", to_unix_seconds(event.issued_at));
  print_subject(writer, event);
  writer.key("events").begin_object().key(event_type).begin_object();
  writer.member("event_timestamp", to_unix_seconds(event.happened_at));
  writer.member("initiating_entity", name_of(event.initiator));
  writer.key("reason_admin").begin_object().member("en", event.reason).end_object();
  writer.end_object().end_object().end_object();
  return text;
}

}  // namespace latchkey::protocol::oauth
