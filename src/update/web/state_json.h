// The device's state as JSON, for pages and for `latchkey update status --json`. Shape: docs/formats/device-page-v1.md.
#pragma once

#include "protocol/json_writer.h"
#include "update/web/driver.h"
#include "update/web/event_log.h"

namespace latchkey::update::web {

using protocol::json::Writer;

// {"root","release","name","sequence"}; null without one.
void write_bundle(Writer& writer, const std::optional<BundleRecord>& record);
// [{"kind",...}], as in the state.
void write_conditions(Writer& writer, const std::vector<DelayCondition>& conditions);
// The members "phase", "current", "previous", "staged", "conditions", "held", "blocked", "strikes", "channel",
// "time_floor", "versions" of an object that is open.
void write_state(Writer& writer, const State& state);
void write_event(Writer& writer, const NumberedEvent& event);
// {"kind","verdict","error","release"}, of the last check.
void write_outcome(Writer& writer, const CheckOutcome& outcome);

}  // namespace latchkey::update::web
