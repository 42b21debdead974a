// `latchkey update check` and `apply`: one look at the repository, and one installation.
#include <fmt/format.h>

#include <algorithm>

#include "apps/latchkey/bundle_output.h"
#include "apps/latchkey/interruption.h"
#include "apps/latchkey/progress_bar.h"
#include "apps/latchkey/update_access.h"
#include "apps/latchkey/update_delay.h"
#include "apps/latchkey/update_output.h"
#include "protocol/release/object_plan.h"
#include "update/web/state_json.h"

namespace latchkey::app {
namespace {

using update::CheckKind;
using update::CheckOutcome;

// What would be downloaded; nothing if no way leads there.
struct Way {
  std::uint64_t bytes = 0, full = 0;
  std::size_t objects = 0;
};

Way find_way(const release::ReleaseDescriptor& release, const std::vector<update::TreeRoot>& trees) {
  Way way;
  for (const auto& object : release.objects)
    if (!object.base && !object.target) way.full = object.length;
  const auto plan = plan_objects(release, {.trees = trees}, {.memory = update::InstallRules{}.memory});
  if (plan) way.bytes = plan->bytes, way.objects = plan->objects.size();
  return way;
}

std::string way_in_words(const Way& way) {
  if (way.objects == 0) return "all of it is here";
  const std::string what = way.objects == 1 ? "" : fmt::format(" in {} patches", way.objects);
  return fmt::format("{}{} to download; the full bundle has {}", human_bytes(way.bytes), what, human_bytes(way.full));
}

class CheckCommand final {
 public:
  explicit CheckCommand(std::shared_ptr<DeviceAccess> access)
      : access_(std::move(access)), console_(access_->console()) {}

  std::vector<std::string> until;

  Status check() {
    const Interruption interruption;
    TRY(const CheckOutcome outcome, look(interruption.token()));
    if (!outcome.release) return say_none(outcome);
    const Way way = find_way(*outcome.release, access_->trees());
    console_.result(describe(outcome) + ": " + way_in_words(way) + ".\nlatchkey update apply installs it.",
                    to_json(outcome, way));
    return {};
  }

  Status apply() {
    TRY(conditions_, parse_until(until));
    const Interruption interruption;
    TRY(const CheckOutcome outcome, look(interruption.token()));
    if (!outcome.release) return say_none(outcome);
    const Way way = find_way(*outcome.release, access_->trees());
    TRY(const auto report, download(*outcome.release, way, interruption.token()));
    console_.result(
        fmt::format("{} ({}) is installed: {} downloaded. It runs {}, on trial.", printable(outcome.release->name),
                    outcome.release->sequence, human_bytes(report.downloaded),
                    conditions_.empty() ? "from the next start on" : "once " + describe(conditions_)),
        fmt::format(R"({{"installed":true,"release":"{}","name":{},"sequence":{},"downloaded":{},)"
                    R"("objects":{},"steps_down":{}}})",
                    print(outcome.release->terms.id), json_quoted(outcome.release->name), outcome.release->sequence,
                    report.downloaded, report.objects, report.steps_down));
    return {};
  }

 private:
  Result<CheckOutcome> look(const std::stop_token& stop) {
    TRY_DO(access_->open({}));
    TRY(CheckOutcome outcome, access_->engine().check(stop));
    for (const update::Happening& one : access_->engine().take_happenings())
      if (one.kind == update::HappeningKind::state_older) fmt::print(stderr, "{}.\n", describe(one));
    TRY_DO(access_->note_check(outcome));
    if (outcome.clock_ahead) fmt::print(stderr, "{}\n", describe_clock(*outcome.clock_ahead));
    if (outcome.error) return tl::unexpected(*outcome.error);
    return outcome;
  }

  Status say_none(const CheckOutcome& outcome) {
    console_.result(describe(outcome), to_json(outcome, {}));
    return {};
  }

  Result<update::InstallReport> download(const release::ReleaseDescriptor& release, const Way& way,
                                         const std::stop_token& stop) {
    ProgressBar bar(console_);
    const auto progress = [&](std::uint64_t done) { bar.show("downloading", done, way.bytes); };
    auto report = access_->engine().download(conditions_, progress, stop);
    bar.clear();
    if (!report) TRY_DO(access_->note_check({.kind = CheckKind::available, .release = release}, report.error()));
    return report;
  }

  static std::string to_json(const CheckOutcome& outcome, const std::optional<Way>& way) {
    std::string text;
    update::web::Writer writer(text);
    update::web::write_outcome(writer, outcome);
    if (!way) return text;
    text.pop_back();
    return text + fmt::format(R"(,"download":{},"objects":{},"full":{}}})", way->bytes, way->objects, way->full);
  }

  std::shared_ptr<DeviceAccess> access_;
  Console& console_;
  std::vector<update::DelayCondition> conditions_;
};

}  // namespace

void add_update_check(CLI::App& group, const std::shared_ptr<DeviceAccess>& access) {
  const auto command = std::make_shared<CheckCommand>(access);
  Console& console = access->console();
  CLI::App* check = group.add_subcommand("check", "Whether there is a release for this device, and why not");
  check->footer(
      "Follows the signatures from the root that ships with the app and decides as the device does; downloads nothing\n"
      "but these files. What it has seen it holds to: older files are refused from then on. Outcomes (--json):\n"
      "  up_to_date  waiting  available  not_eligible  blocked  no_release\n"
      "Files that cannot be believed are a failure (1), a server that does not answer another (5). Neither changes\n"
      "what runs.");
  check->callback([command, &console] { console.finish(command->check()); });
  CLI::App* apply = group.add_subcommand("apply", "Install what is available; it runs from the next start on");
  apply->footer(
      "Takes the cheapest way of patches and the next one if that fails, down to the full bundle. Objects are "
      "compared\n"
      "with their signed hash before they are opened, and the files that come out with the signed tree. What arrived\n"
      "of an interrupted download is not fetched again. The bundle is on trial at its first start.");
  add_until_option(*apply, command->until);
  apply->callback([command, &console] { console.finish(command->apply()); });
}

}  // namespace latchkey::app
