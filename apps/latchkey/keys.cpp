// `latchkey keys ...`: the keys that sign an app's updates, and the metadata that says which keys those are.
#include "apps/latchkey/commands.h"
#include "apps/latchkey/keys_commands.h"

namespace latchkey::app {

void add_keys(CLI::App& app, Console& console) {
  const auto access = std::make_shared<KeysAccess>(console);
  CLI::App& group = *app.add_subcommand("keys", "Make, use and replace the keys that sign an app's updates");
  group.require_subcommand(1);
  group.fallthrough();
  group.footer(
      "Devices trust a root, which names the keys of every other role (The Update Framework):\n"
      "  root         people, offline; says who everybody is. 2 of 3 sign\n"
      "  targets      release managers; say which channels there are and who releases on them. 2 of 2 sign\n"
      "  ch-CHANNEL   CI and a human; name the release. Both sign for stable, one for beta\n"
      "  snapshot, timestamp, policy-CHANNEL   the server; can hold back, cannot name a release\n"
      "Every key can be replaced without a new app in the store.\n"
      "  latchkey keys init --app org.example.app --online online-keys.json\n"
      "  latchkey keys show                                  who may sign what, and until when\n"
      "  latchkey keys rotate ch-stable --remove ci --new ci-2\n"
      "  latchkey keys root --remove root-1 --add anna.pub   as a draft, until enough people have signed:\n"
      "  latchkey keys threshold sign 2.root.json --key /media/usb/root-3.key    on another machine\n"
      "  latchkey keys threshold merge /media/usb/2.root.json\n"
      "  latchkey keys discard 2.root.json                   or give it up\n"
      "  latchkey keys online next.json                      the server's new keys (latchkey app rotate-keys)\n"
      "  latchkey keys send --server https://updates.example.com\n"
      "Key files are sealed with a passphrase in the age format; `age -d root-1.key` opens them, too.");
  add_keys_flags(group, access->flags, console);
  add_keys_init(group, access);
  add_keys_change(group, access);
  add_keys_drafts(group, access);
  add_keys_release(group, access);
  add_keys_sign(group, access);
}

}  // namespace latchkey::app
