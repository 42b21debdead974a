// `latchkey update run`: the app in a browser on this machine, on the engine a native shell would run.
#include <fmt/format.h>

#include <map>

#include "apps/latchkey/interruption.h"
#include "apps/latchkey/update_access.h"
#include "apps/latchkey/update_delay.h"
#include "apps/latchkey/update_output.h"
#include "base/hex.h"
#include "http/server/server.h"
#include "update/web/site.h"
#include "update/web/state_json.h"

namespace latchkey::app {
namespace {

constexpr std::chrono::milliseconds tick{100};  // of the watchdog: nobody sees less

const std::map<std::string, update::ApplyMode> modes{{"direct", update::ApplyMode::direct},
                                                     {"next-restart", update::ApplyMode::next_restart},
                                                     {"background", update::ApplyMode::background},
                                                     {"manual", update::ApplyMode::manual}};

class RunCommand final {
 public:
  explicit RunCommand(std::shared_ptr<DeviceAccess> access)
      : access_(std::move(access)), console_(access_->console()) {}

  std::uint16_t port = 0;
  std::string mode = "direct";
  unsigned every_seconds = 30, ready_within_seconds = 10;
  bool is_silent = false;
  std::vector<std::string> until;

  Status run() {
    TRY(auto conditions, parse_until(until));
    const Interruption interruption;
    const EngineRules rules{modes.at(mode), std::chrono::seconds(ready_within_seconds), !is_silent};
    TRY_DO(access_->open(rules));
    update::Engine& engine = access_->engine();
    engine.start();
    update::web::Driver driver(
        engine, {rules.mode, std::chrono::seconds(every_seconds), rules.sends_reports, std::move(conditions)});
    update::web::Site site(engine, driver);
    TRY(const auto server, listen(site));
    site.set_port(server->port());
    announce(server->port());
    while (!interruption.token().stop_requested()) {
      step(engine, site, *server);
      note(driver);
      wait(interruption.token());
    }
    console_.say("Ending.");
    engine.ended(std::chrono::steady_clock::now());  // in order: no crash
    server->stop();
    tell(site);
    return {};
  }

 private:
  Result<std::unique_ptr<http::Server>> listen(const update::web::Site& site) {
    http::ServerOptions options{.address = "127.0.0.1", .port = port};
    // A page that hangs keeps its connection until the watchdog has seen enough of it.
    options.limits.idle = std::chrono::seconds(ready_within_seconds) + protocol::limits::keep_alive_idle;
    auto server = http::Server::start(site.router(), std::move(options));
    if (!server && server.error().code == Code::already_exists)
      return fail(Code::configuration_invalid, "another program has this port; choose another with --port");
    return server;
  }

  void announce(std::uint16_t at) {
    const std::string url = fmt::format("http://127.0.0.1:{}/", at);
    const auto running = access_->engine().running();
    const std::string what = running->record ? describe(*running->record) : "the built-in bundle";
    console_.result(console_.bold("The app is at " + url) + "\n  it runs " + what + "; Ctrl-C ends it",
                    fmt::format(R"({{"event":"serving","url":"{}","root":"{}"}})", url, to_hex(running->tree.root())));
  }

  void step(update::Engine& engine, update::web::Site& site, const http::Server& server) {
    const bool is_connected = server.open_connections() > 0;
    was_connected_ = was_connected_ || is_connected;
    site.set_connected(is_connected || !was_connected_);
    engine.poll(std::chrono::steady_clock::now());
    tell(site);
  }

  void tell(update::web::Site& site) {
    site.collect_events();
    for (const update::web::NumberedEvent& event : site.events().after(told_)) {
      std::string text;
      update::web::Writer writer(text);
      update::web::write_event(writer, event);
      console_.result("  " + describe(event.happening), text);
      told_ = event.number;
    }
  }

  // Checks, for `update status`, and what people ought to see of them.
  void note(const update::web::Driver& driver) {
    const update::web::WorkNote work = driver.note();
    if (work.checks == checks_ && work.error == error_) return;
    if (work.outcome) {
      (void)access_->note_check(*work.outcome, work.error);  // only a note
      const std::string said = describe(*work.outcome);
      if (said != said_ && work.outcome->kind != update::CheckKind::available) console_.say("  " + said);
      said_ = said;
    }
    if (work.error && work.error != error_) console_.say("  not installed: " + to_string(*work.error));
    checks_ = work.checks;
    error_ = work.error;
  }

  static void wait(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, tick, [] { return false; });
  }

  std::shared_ptr<DeviceAccess> access_;
  Console& console_;
  bool was_connected_ = false;
  std::uint64_t checks_ = 0, told_ = 0;
  std::optional<Error> error_;
  std::string said_;
};

}  // namespace

void add_update_run(CLI::App& group, const std::shared_ptr<DeviceAccess>& access) {
  const auto command = std::make_shared<RunCommand>(access);
  CLI::App* run = group.add_subcommand("run", "The app in a browser on this machine, updating itself");
  std::vector<std::string> names;
  for (const auto& [name, mode] : modes) names.push_back(name);
  run->add_option("--mode", command->mode,
                  "When to switch: direct (as soon as installed), next-restart, background (when nobody looks), manual "
                  "(when the page asks)")
      ->capture_default_str()
      ->check(CLI::IsMember(names));
  run->add_option("--port", command->port, "Where to listen on 127.0.0.1 (default: a free port)");
  run->add_option("--every", command->every_seconds, "Seconds between checks; longer after failures")
      ->capture_default_str()
      ->check(CLI::Range(1U, 86'400U));
  run->add_option("--ready-within", command->ready_within_seconds,
                  "Seconds a new bundle's page has to say ready, while somebody looks at it")
      ->capture_default_str()
      ->check(CLI::Range(1U, 600U));
  add_until_option(*run, command->until);
  run->add_flag("--no-reports", command->is_silent, "Do not tell the server how releases fare here");
  run->footer(
      "Open the address in a browser. The page says that it works by calling latchkey.ready(); a new bundle whose "
      "page\n"
      "does not is rolled back and blocked. latchkey.check(), latchkey.apply() and latchkey.state() are there, too\n"
      "(docs/guides/updates.md). Only this machine and only the app's own pages are answered.");
  Console& console = access->console();
  run->callback([command, &console] { console.finish(command->run()); });
}

}  // namespace latchkey::app
