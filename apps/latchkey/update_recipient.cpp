// `latchkey update recipient`: the device's own key, which releases can be encrypted for.
#include "apps/latchkey/update_access.h"
#include "vault/exchange/age/keys.h"

namespace latchkey::app {
namespace {

Status show_recipient(DeviceAccess& access) {
  TRY(const crypto::X25519Public key, access.make_recipient());
  const std::string text = vault::age::print_recipient(key);
  access.console().result(text, R"({"recipient":")" + text + R"("})");
  return {};
}

}  // namespace

void add_update_recipient(CLI::App& group, const std::shared_ptr<DeviceAccess>& access) {
  CLI::App* recipient = group.add_subcommand("recipient", "The device's own public key; makes it the first time");
  recipient->callback([access] { access->console().finish(show_recipient(*access)); });
  recipient->footer(
      "Give it to the publisher: `latchkey bundle pack --recipient age1...` encrypts a release for this device, too, "
      "and\n"
      "with --only-recipients for the devices that are named and nobody else. The private half stays here: in the\n"
      "folder's file `recipient`, mode 0600, or in the vault, where the device has one (--vault). Whoever copies it\n"
      "reads what is encrypted for this device; who loses it gets a new one and has to tell the publisher.");
}

}  // namespace latchkey::app
