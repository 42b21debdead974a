// `latchkey keys release`: lets a channel's role name a release descriptor.
#include <fmt/format.h>

#include "apps/latchkey/keys_commands.h"
#include "apps/latchkey/keys_output.h"
#include "base/atomic_file.h"
#include "protocol/limits.h"

namespace latchkey::app {
namespace {

struct ReleaseCommand {
  std::shared_ptr<KeysAccess> access;
  std::string channel = {};
  std::string file = {};
  int days = 0;

  Status run() {
    auto folder = access->folder();
    TRY(const WipedBytes descriptor, read_file(file, protocol::limits::descriptor_bytes));
    const std::string role = publish::channel_role(channel);
    TRY(const tuf::Targets delegator, folder.get_targets(tuf::targets_role));
    if (delegator.find_role(role) == nullptr) return fail(Code::not_found, "no such channel: " + channel);
    TRY(const auto before, folder.find_targets(role));
    const Instant expires = access->now() + (days != 0 ? std::chrono::days(days) : publish::Lifetimes().channel);
    TRY(const tuf::Targets next, publish::name_release(before, channel, descriptor, expires));
    TRY(auto draft, make_draft(folder, role, next.version, print(next)));
    if (access->flags.is_dry_run) return tell(draft);
    TRY_DO(folder.put_target(channel + "/release.json", descriptor));
    std::vector<publish::Draft> drafts;
    drafts.push_back(std::move(draft));
    TRY(const auto completed, access->sign_and_submit(std::move(drafts)));
    return access->report(fmt::format("{} names the release", role), completed);
  }

  Status tell(const publish::Draft& draft) {
    TRY(const std::string content, describe_content(*access, draft.name.role, draft.envelope));
    access->console().result("would sign:\n" + content.substr(0, content.size() - 1), R"({"ok":true,"dry_run":true})");
    return {};
  }
};

}  // namespace

void add_keys_release(CLI::App& group, const std::shared_ptr<KeysAccess>& access) {
  const auto command = std::make_shared<ReleaseCommand>(ReleaseCommand{access});
  CLI::App* sub =
      group.add_subcommand("release", "Sign a release descriptor for a channel; bundle publish does it for you");
  sub->callback([command] { command->access->console().finish(command->run()); });
  sub->add_option("channel", command->channel, "The channel")->required();
  sub->add_option("file", command->file, "The descriptor (release.json)")->required();
  sub->add_option("--days", command->days, "How long devices believe it (default 30); renew with: rotate ch-CHANNEL");
  sub->add_flag("--dry-run", access->flags.is_dry_run, "Only tell what would be signed");
}

}  // namespace latchkey::app
