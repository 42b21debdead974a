// `latchkey update ...`: a device on this machine. Checks for releases, installs them, shows the app in a browser.
#include "apps/latchkey/commands.h"
#include "apps/latchkey/update_access.h"

namespace latchkey::app {
namespace {

void add_device_options(CLI::App& group, UpdateFlags& flags, Console& console) {
  UpdateSettings& given = flags.given;
  given.platform.clear();  // what was not given is what the folder says
  given.native.clear();
  group.add_option("--dir", flags.dir, "The device's folder; remembers everything below")->type_name("FOLDER");
  group.add_option("--app", given.app, "The app's id");
  auto* const server = group.add_option("--server", flags.server, "The release service: https://updates.example.com");
  group.add_option("--repository", given.repository, "Where else its releases are: any web host's folder, as a URL")
      ->excludes(server);
  group.add_option("--root", given.root, "The root.json that ships with the app")->type_name("FILE");
  group.add_option("--content-key-file", given.content_keys, "A content key that ships with it; may be given again")
      ->type_name("FILE");
  group.add_option("--built-in", given.built_in, "The bundle that ships with it")->type_name("FOLDER");
  group.add_option("--built-in-sequence", flags.built_in_sequence,
                   "The release that bundle was published as; older ones are not installed over it");
  group.add_option("--channel", given.channel, "The channel it follows (default: the app's default channel)");
  group
      .add_option("--vault", given.vault,
                  "A vault that remembers what the folder has seen: who deletes or puts back the folder is told on")
      ->type_name("FILE");
  group.add_flag("--secrets-from-stdin", console.secrets_from_stdin, "Read the vault's passcode from standard input");
  group.add_option("--native", given.native, "Version of the native app around it (default: 1.0.0)");
  group.add_option("--platform", given.platform, "android, electron, ios or web (default: web)");
  group.add_option("--fingerprint", given.fingerprint, "Hash of the native parts, where releases name them");
  group.add_option("--os", given.os, "Version of the operating system, for targeting");
  group.add_option("--locale", given.locale, "Language and region, for targeting: de-AT");
  group.add_option("--label", given.labels, "A word of the app's own, for targeting; may be given again");
  group.add_option("--ca-file", given.ca_file, "Certificates to trust instead of the system's, PEM")->type_name("FILE");
}

}  // namespace

void add_update(CLI::App& app, Console& console) {
  const auto access = std::make_shared<DeviceAccess>(console);
  CLI::App& group = *app.add_subcommand("update", "Be a device: check, install and run an app's releases");
  group.require_subcommand(1);
  group.fallthrough();
  group.footer(
      "A device is a folder. What makes it one is said once, the first time:\n"
      "  latchkey update run --dir device --app com.example.shop --server https://updates.example.com \\\n"
      "    --root updates/metadata/1.root.json --content-key-file content.key --built-in dist\n"
      "and kept there. Later the folder is enough:\n"
      "  latchkey update check --dir device     what would happen now, and why\n"
      "  latchkey update apply --dir device     install it; it runs from the next start on\n"
      "  latchkey update status --dir device    what runs, what waits, what is blocked\n"
      "  latchkey update delay --dir device     when what waits is switched to; --until changes it\n"
      "  latchkey update recipient --dir device the device's own public key, for releases to it alone\n"
      "  latchkey update run --dir device       the app in a browser, updating itself\n"
      "--root and --content-key-file are what a native build holds: `keys init` made the first, `bundle key export`\n"
      "writes the second. Nothing that these do not vouch for ever runs.");
  add_device_options(group, access->flags, console);
  add_update_check(group, access);
  add_update_status(group, access);
  add_update_delay(group, access);
  add_update_recipient(group, access);
  add_update_run(group, access);
}

}  // namespace latchkey::app
