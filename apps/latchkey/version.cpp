#include "apps/latchkey/commands.h"

namespace latchkey::app {

void add_version(CLI::App& app, Console& console) {
  app.add_subcommand("version", "Print the version")->callback([&console] {
    console.result("latchkey " LATCHKEY_VERSION, "{\"version\":\"" LATCHKEY_VERSION "\"}");
  });
}

}  // namespace latchkey::app
