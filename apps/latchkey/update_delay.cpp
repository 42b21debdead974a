// `latchkey update delay`: shows, sets and cancels what has to be so before the bundle that waits is switched to.
#include "apps/latchkey/update_delay.h"

#include "apps/latchkey/update_access.h"
#include "apps/latchkey/update_output.h"
#include "protocol/release/utc_time.h"
#include "update/delay.h"
#include "update/web/state_json.h"

namespace latchkey::app {
namespace {

std::string in_words(const update::DelayCondition& condition) {
  switch (condition.kind) {
    case update::DelayKind::background:
      return "the app was in the background for " + print(condition).substr(std::string_view("background:").size());
    case update::DelayKind::kill:
      return "the app was ended and started anew";
    case update::DelayKind::date:
      return "it is " + protocol::release::print_utc_time(condition.at);
    case update::DelayKind::native_version:
      return "the native app has version " + protocol::release::print(condition.native);
  }
  return {};
}

class DelayCommand final {
 public:
  explicit DelayCommand(std::shared_ptr<DeviceAccess> access) : access_(std::move(access)) {}

  std::vector<std::string> until;
  bool is_cancelled = false;

  Status run() {
    if (until.empty() && !is_cancelled) return show();
    TRY(const auto conditions, parse_until(until));
    TRY_DO(access_->open({}));
    TRY_DO(access_->engine().delay(conditions));
    return tell(access_->engine().state());
  }

 private:
  // Also beside a process that drives the device.
  Status show() {
    TRY(const auto look, access_->look());
    return tell(look ? look->state : update::State{});
  }

  Status tell(const update::State& state) {
    std::string text;
    update::web::Writer writer(text);
    update::web::write_bundle(writer.begin_object().key("staged"), state.staged);
    update::web::write_conditions(writer.key("conditions"), state.conditions);
    writer.end_object();
    access_->console().result(in_words(state), text);
    return {};
  }

  static std::string in_words(const update::State& state) {
    if (!state.staged) return "No bundle waits.";
    const std::string name = describe(*state.staged);
    if (state.conditions.empty()) return name + " waits for the next start.";
    return name + " waits until " + describe(state.conditions) + ".";
  }

  std::shared_ptr<DeviceAccess> access_;
};

}  // namespace

void add_until_option(CLI::App& command, std::vector<std::string>& until) {
  command
      .add_option("--until", until,
                  "Switch only once this is so: kill, background:5m, date:2026-12-01T08:00:00Z or native:2.3; may be "
                  "given again, and all of them have to be so")
      ->type_name("CONDITION");
}

Result<std::vector<update::DelayCondition>> parse_until(const std::vector<std::string>& until) {
  std::vector<update::DelayCondition> conditions;
  for (const std::string& text : until) {
    TRY(const auto condition, update::parse_condition(text));
    conditions.push_back(condition);
  }
  TRY_DO(update::check_conditions(conditions));
  return conditions;
}

std::string describe(const std::vector<update::DelayCondition>& conditions) {
  std::string all;
  for (const auto& one : conditions) all += (all.empty() ? "" : ", and ") + in_words(one);
  return all;
}

void add_update_delay(CLI::App& group, const std::shared_ptr<DeviceAccess>& access) {
  const auto command = std::make_shared<DelayCommand>(access);
  Console& console = access->console();
  CLI::App* delay = group.add_subcommand("delay", "When the bundle that waits is switched to: show, set, cancel");
  delay->callback([command, &console] { console.finish(command->run()); });
  add_until_option(*delay, command->until);
  delay->add_flag("--cancel", command->is_cancelled, "At the next start, whatever was said before")
      ->excludes("--until");
  delay->footer(
      "  latchkey update delay --dir device                                       what it waits for\n"
      "  latchkey update delay --dir device --until kill --until native:2.3       both have to be so\n"
      "  latchkey update delay --dir device --cancel\n"
      "Conditions:\n"
      "  kill                 the app was ended and started anew\n"
      "  background:DURATION  it was in the background for so long (45s, 5m, 2h, 1d), or was ended\n"
      "  date:TIME            it is that time, in UTC\n"
      "  native:VERSION       the native app around it has at least this version\n"
      "They belong to the bundle that waits now; `update apply --until` and `update run --until` give them to what "
      "they\n"
      "install. A page that asks for the switch (latchkey.apply()) gets it all the same.");
}

}  // namespace latchkey::app
