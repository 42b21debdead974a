// Reads the command line and hands over to the command's file.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "apps/latchkey/commands.h"

namespace {

constexpr const char* footer = R"(Exit codes:
  0  done
  1  failed; standard error says why
  2  wrong flags or arguments
  3  nobody is signed in, or the session is over: latchkey login
  4  the vault is locked, or the passcode is wrong
  5  the server or key store does not answer: try again
  6  the configuration is wrong)";

}  // namespace

namespace {

std::string path_of(const CLI::App& command) {
  return command.get_parent() == nullptr ? "latchkey" : path_of(*command.get_parent()) + " " + command.get_name();
}

const CLI::App& deepest_of(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : deepest_of(*chosen.front());
}

// CLI11 says "A subcommand is required" of a misspelt one.
std::string explain(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = deepest_of(app);
  const bool is_group = !command.get_subcommands([](const CLI::App*) { return true; }).empty();
  const auto words = app.remaining(true);
  const auto word = std::ranges::find_if(words, [](const std::string& each) { return !each.starts_with('-'); });
  const std::string path = path_of(command);
  if (!is_group || word == words.end()) return std::string(error.what()) + "; " + path + " --help explains";
  const std::string group = path.substr(std::min(path.size(), std::string_view("latchkey ").size()));
  return "there is no command '" + (group.empty() ? *word : group + " " + *word) + "'; " + path + " --help lists them";
}

}  // namespace

int main(int argc, char** argv) {
  using namespace latchkey::app;
  // The TPM's library would print to standard error what we say ourselves. No thread runs yet.
  ::setenv("TSS2_LOG", "all+NONE", 0);  // NOLINT(concurrency-mt-unsafe)
  Console console;
  CLI::App app("Latchkey keeps an app's session safe: on the device, on the wire, on the server.", "latchkey");
  app.add_flag("--json", console.json, "Print one JSON object per result, for machines");
  app.set_version_flag("--version", "latchkey " LATCHKEY_VERSION);
  app.require_subcommand(1);
  app.fallthrough();  // --json works behind the command, too
  app.footer(footer);

  add_login(app, console);
  add_status(app, console);
  add_token(app, console);
  add_logout(app, console);
  add_vault(app, console);
  add_bundle(app, console);
  add_keys(app, console);
  add_serve(app, console);
  add_user(app, console);
  add_app(app, console);
  add_channel(app, console);
  add_update(app, console);
  add_client(app, console);
  add_doctor(app, console);
  add_tour(app, console);
  add_version(app, console);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    // A line that cannot be read says nothing about its --json, so look for it.
    console.json = std::find(argv, argv + argc, std::string_view("--json")) != argv + argc;
    if (console.json)
      console.failed({latchkey::Code::invalid_argument, explain(app, error)});
    else
      std::fputs(("latchkey: " + explain(app, error) + "\n").c_str(), stderr);
    return static_cast<int>(ExitCode::usage);
  }
  return console.exit_code();
}
