#include "update/web/state_json.h"

#include "base/hex.h"
#include "protocol/release/utc_time.h"

namespace latchkey::update::web {
namespace {

using protocol::release::print_utc_time;

std::string_view name_of_condition(DelayKind kind) {
  switch (kind) {
    case DelayKind::background:
      return "background";
    case DelayKind::kill:
      return "kill";
    case DelayKind::date:
      return "date";
    case DelayKind::native_version:
      return "native_version";
  }
  return "";
}

void write_condition(Writer& writer, const DelayCondition& condition) {
  writer.begin_object().member("kind", name_of_condition(condition.kind));
  if (condition.kind == DelayKind::background) writer.member("seconds", condition.duration.count());
  if (condition.kind == DelayKind::date) writer.member("at", print_utc_time(condition.at));
  if (condition.kind == DelayKind::native_version) writer.member("native", print(condition.native));
  writer.end_object();
}

}  // namespace

void write_bundle(Writer& writer, const std::optional<BundleRecord>& record) {
  if (!record) {
    writer.null();
    return;
  }
  writer.begin_object()
      .member("root", to_hex(record->root))
      .member("release", print(record->release))
      .member("name", record->name)
      .member("sequence", record->sequence)
      .end_object();
}

void write_conditions(Writer& writer, const std::vector<DelayCondition>& conditions) {
  writer.begin_array();
  for (const DelayCondition& condition : conditions) write_condition(writer, condition);
  writer.end_array();
}

void write_state(Writer& writer, const State& state) {
  writer.member("phase", name_of(state.phase)).key("current");
  write_bundle(writer, state.current);
  writer.key("previous");
  write_bundle(writer, state.previous);
  writer.key("staged");
  write_bundle(writer, state.staged);
  write_conditions(writer.member("tries", state.tries).key("conditions"), state.conditions);
  writer.member("held", state.is_held).key("blocked").begin_array();
  for (const BadRoot& bad : state.bad)
    writer.begin_object().member("root", to_hex(bad.root)).member("reason", name_of(bad.reason)).end_object();
  writer.end_array().key("strikes").begin_array();
  for (const Strikes& one : state.strikes)
    writer.begin_object().member("root", to_hex(one.root)).member("count", one.count).end_object();
  writer.end_array().member("channel", state.channel).member("time_floor", print_utc_time(state.time_floor));
  writer.key("versions").begin_object();
  for (const auto& [role, version] : state.versions) writer.member(role, version);
  writer.end_object();
}

void write_event(Writer& writer, const NumberedEvent& event) {
  const Happening& happening = event.happening;
  const bool has_bundle = happening.kind != HappeningKind::state_lost && happening.kind != HappeningKind::state_older;
  writer.begin_object().member("number", event.number).member("event", name_of(happening.kind)).key("bundle");
  write_bundle(writer, has_bundle ? std::optional(happening.bundle) : std::nullopt);
  if (happening.reason) writer.member("reason", name_of(*happening.reason));
  writer.end_object();
}

void write_outcome(Writer& writer, const CheckOutcome& outcome) {
  writer.begin_object().member("outcome", name_of(outcome.kind));
  if (outcome.verdict) writer.member("verdict", name_of(*outcome.verdict));
  if (outcome.error) writer.member("error", name_of(outcome.error->code)).member("detail", outcome.error->detail);
  if (outcome.clock_ahead) writer.member("clock_ahead", std::int64_t{outcome.clock_ahead->count()});
  if (outcome.release)
    writer.member("release", print(outcome.release->terms.id))
        .member("name", outcome.release->name)
        .member("sequence", outcome.release->sequence)
        .member("root", to_hex(outcome.release->tree.root));
  writer.end_object();
}

}  // namespace latchkey::update::web
