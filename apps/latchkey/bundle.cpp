// `latchkey bundle ...`: from the folder a build wrote to a release that devices may install.
#include "apps/latchkey/bundle_access.h"
#include "apps/latchkey/commands.h"

namespace latchkey::app {

void add_bundle(CLI::App& app, Console& console) {
  const auto access = std::make_shared<BundleAccess>(console);
  CLI::App& group = *app.add_subcommand("bundle", "Pack, sign, publish and check releases of a web bundle");
  group.require_subcommand(1);
  group.fallthrough();
  group.footer(
      "  latchkey bundle key create                       once: what bundles are encrypted with\n"
      "  latchkey bundle pack dist --name 1.4.2           a folder that any web server can serve\n"
      "  latchkey bundle publish dist --name 1.4.2 --server https://updates.example.com\n"
      "  latchkey bundle verify https://updates.example.com/updates/com.example.shop\n"
      "  latchkey bundle diff dist                        what would change, and what it would cost\n"
      "Everything but the keys in the publisher's folder may be public: it is what devices are served.");
  add_bundle_flags(group, access->flags, console);
  add_bundle_pack(group, access);
  add_bundle_look(group, access);
  add_bundle_verify(group, access);
  add_bundle_keys(group, access);
}

}  // namespace latchkey::app
