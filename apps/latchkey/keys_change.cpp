// `latchkey keys root`, `rotate`, `online` and `snapshot`: the next version of a role.
#include <fmt/format.h>

#include <algorithm>

#include "apps/latchkey/keys_commands.h"
#include "apps/latchkey/keys_output.h"
#include "protocol/limits.h"

namespace latchkey::app {
namespace {

using publish::Draft;
using publish::KeyChange;

bool is_root_matter(std::string_view role) {
  return role == tuf::root_role || role == tuf::targets_role || role == tuf::snapshot_role ||
         role == tuf::timestamp_role;
}

Status tell_drafts(KeysAccess& access, const std::vector<Draft>& drafts) {
  std::string text = "would sign:\n";
  for (const Draft& draft : drafts) {
    TRY(const std::string content, describe_content(access, draft.name.role, draft.envelope));
    text += content;
  }
  text.pop_back();
  access.console().result(text, R"({"ok":true,"dry_run":true})");
  return {};
}

struct ChangeCommand {
  std::shared_ptr<KeysAccess> access;
  std::string role = {};
  std::vector<std::string> add = {};
  std::vector<std::string> make = {};
  std::vector<std::string> remove = {};
  std::size_t threshold = 0;  // 0: as it is
  int days = 0;               // 0: as the role has it
  std::int64_t above = 0;     // a version of the role's that somebody else signed

  Instant expires(std::string_view of) const {
    return access->now() + (days != 0 ? std::chrono::days(days) : publish::Lifetimes().of(of));
  }

  Result<KeyChange> read_change(const tuf::KeyMap& known) const {
    KeyChange change;
    for (const auto& text : remove) {
      TRY(const tuf::TufKey key, access->find_public_key(text, known));
      change.remove.insert(key.id());
    }
    for (const auto& text : add) {
      TRY(tuf::TufKey key, access->find_public_key(text, known));
      change.add.push_back(std::move(key));
    }
    for (const auto& name : make) {
      if (access->flags.is_dry_run) return fail(Code::invalid_argument, "--dry-run makes no keys; use --add");
      TRY(tuf::TufKey key, access->make_key(name, crypto::SignatureAlgorithm::ed25519));
      change.add.push_back(std::move(key));
    }
    if (threshold != 0) change.threshold = threshold;
    return change;
  }

  // What the role's old keys signed is void with them, so it is signed again: the same contents, the next version.
  Status add_renewal(std::vector<Draft>& drafts, std::string_view of) const {
    const auto folder = access->folder();
    TRY(const auto file, folder.find_file(of));
    if (!file) return {};
    TRY(const auto envelope, tuf::Envelope::parse(*file, publish::max_metadata_bytes(of)));
    TRY(tuf::Targets targets, tuf::parse_targets(envelope.content()));
    targets.version = std::max(targets.version, above) + 1;
    targets.expires = expires(of);
    TRY(auto draft, make_draft(folder, of, targets.version, print(targets)));
    drafts.push_back(std::move(draft));
    return {};
  }

  Status change_root(std::vector<Draft>& drafts) const {
    const auto folder = access->folder();
    TRY(tuf::Root root, folder.read_root());
    TRY(const KeyChange change, read_change(root.keys));
    if (role == tuf::targets_role && change.is_empty()) return add_renewal(drafts, role);
    TRY(root, publish::change_keys(std::move(root), role, change, expires(tuf::root_role)));
    TRY(auto draft, make_draft(folder, tuf::root_role, root.version, print(root)));
    drafts.push_back(std::move(draft));
    return role == tuf::targets_role ? add_renewal(drafts, role) : Status();
  }

  Status change_delegated(std::vector<Draft>& drafts) const {
    const auto folder = access->folder();
    TRY(tuf::Targets targets, folder.get_targets(tuf::targets_role));
    TRY(const KeyChange change, read_change(targets.delegated_keys));
    if (change.is_empty()) return add_renewal(drafts, role);
    TRY(targets, publish::change_keys(std::move(targets), role, change, expires(tuf::targets_role)));
    TRY(auto draft, make_draft(folder, tuf::targets_role, targets.version, print(targets)));
    drafts.push_back(std::move(draft));
    return role.starts_with("policy-") ? Status() : add_renewal(drafts, role);
  }

  Status run() {
    std::vector<Draft> drafts;
    TRY_DO(is_root_matter(role) ? change_root(drafts) : change_delegated(drafts));
    if (drafts.empty()) return fail(Code::not_found, "nothing of that role to renew");
    if (access->flags.is_dry_run) return tell_drafts(*access, drafts);
    TRY(const auto completed, access->sign_and_submit(std::move(drafts)));
    return access->report(fmt::format("{} has its next version", role), completed);
  }
};

// The server's keys are others now: those of `file` take the place of all that sign snapshot, timestamp and policies.
struct OnlineCommand {
  std::shared_ptr<KeysAccess> access;
  std::string file = {};

  static KeyChange replace(const tuf::RoleKeys& role, const tuf::TufKey& key) {
    KeyChange change{.add = {key}, .remove = role.key_ids, .threshold = 1};
    if (change.remove.erase(key.id()) != 0) change.add.clear();
    if (change.add.empty() && change.remove.empty()) return {};
    return change;
  }

  Status change_root(std::vector<Draft>& drafts, const OnlineKeys& online) const {
    TRY(tuf::Root root, access->folder().read_root());
    const std::int64_t next = root.version + 1;
    for (const auto& [role, key] :
         {std::pair(tuf::snapshot_role, &online.snapshot), {tuf::timestamp_role, &online.timestamp}}) {
      const KeyChange change = replace(root.role(role), *key);
      if (change.is_empty()) continue;
      TRY(root, publish::change_keys(std::move(root), role, change, access->now() + publish::Lifetimes().root));
    }
    if (root.version < next) return {};
    root.version = next;
    TRY(auto draft, make_draft(access->folder(), tuf::root_role, next, print(root)));
    drafts.push_back(std::move(draft));
    return {};
  }

  Status change_targets(std::vector<Draft>& drafts, const OnlineKeys& online) const {
    if (!online.policy) return {};
    TRY(tuf::Targets targets, access->folder().get_targets(tuf::targets_role));
    const std::int64_t next = targets.version + 1;
    const auto roles = targets.delegated_roles;
    for (const auto& role : roles) {
      const KeyChange change = role.name.starts_with("policy-") ? replace(role.keys, *online.policy) : KeyChange();
      if (change.is_empty()) continue;
      TRY(targets,
          publish::change_keys(std::move(targets), role.name, change, access->now() + publish::Lifetimes().targets));
    }
    if (targets.version < next) return {};
    targets.version = next;
    TRY(auto draft, make_draft(access->folder(), tuf::targets_role, next, print(targets)));
    drafts.push_back(std::move(draft));
    return {};
  }

  Status run() const {
    TRY(const OnlineKeys online, read_online_keys(file));
    std::vector<Draft> drafts;
    TRY_DO(change_root(drafts, online));
    TRY_DO(change_targets(drafts, online));
    if (drafts.empty()) return access->report("root and targets name these keys already", {});
    if (access->flags.is_dry_run) return tell_drafts(*access, drafts);
    TRY(const auto completed, access->sign_and_submit(std::move(drafts)));
    return access->report("root and targets name the server's new keys; when both are complete: latchkey keys send",
                          completed);
  }
};

Status sign_snapshot(KeysAccess& access) {
  auto folder = access.folder();
  const publish::Lifetimes lifetimes;
  TRY_DO(publish::sign_snapshot(folder, access.finder(), access.now(), lifetimes.snapshot, lifetimes.timestamp));
  access.console().result("snapshot and timestamp are signed; upload metadata/ and targets/, timestamp.json last",
                          R"({"ok":true})");
  return {};
}

void add_change_flags(CLI::App& sub, ChangeCommand& command) {
  sub.add_option("--add", command.add, "Another key: a .pub file, or a name in the folder of keys");
  sub.add_option("--new", command.make, "Make a key of that name in the folder of keys, and add it");
  sub.add_option("--remove", command.remove, "A key that no longer signs: name, file or id");
  sub.add_option("--threshold", command.threshold, "How many have to sign");
  sub.add_option("--days", command.days, "How long the new version is believed (root 365, targets 120, channels 30)");
  sub.add_option("--work-factor", command.access->flags.work_factor, "Of new keys; as for init");
  sub.add_flag("--dry-run", command.access->flags.is_dry_run, "Only tell what would be signed");
}

}  // namespace

void add_keys_change(CLI::App& group, const std::shared_ptr<KeysAccess>& access) {
  const auto root = std::make_shared<ChangeCommand>(ChangeCommand{.access = access, .role = "root"});
  CLI::App* sub = group.add_subcommand("root", "The next root: other keepers or threshold, or only more time");
  sub->callback([root] { root->access->console().finish(root->run()); });
  add_change_flags(*sub, *root);

  const auto rotate = std::make_shared<ChangeCommand>(ChangeCommand{.access = access});
  sub = group.add_subcommand("rotate", "Replace keys of any role; without a change, renew it for longer");
  sub->callback([rotate] { rotate->access->console().finish(rotate->run()); });
  sub->add_option("--above", rotate->above, "The server's version of a role that somebody with a stolen key signed")
      ->check(CLI::Range(std::int64_t{0}, protocol::limits::json_number_maximum - 1));
  sub->add_option("role", rotate->role, "root, targets, snapshot, timestamp, ch-CHANNEL or policy-CHANNEL")->required();
  add_change_flags(*sub, *rotate);

  const auto online = std::make_shared<OnlineCommand>(OnlineCommand{.access = access});
  sub =
      group.add_subcommand("online", "Name the keys the server signs with: after `app rotate-keys`, or another server");
  sub->callback([online] { online->access->console().finish(online->run()); });
  sub->add_option("file", online->file, "What `latchkey app rotate-keys --json` or `app show --json` printed")
      ->required();
  sub->add_flag("--dry-run", access->flags.is_dry_run, "Only tell what would be signed");

  sub = group.add_subcommand("snapshot", "Without a server: sign snapshot and timestamp for what is complete here");
  sub->callback([access] { access->console().finish(sign_snapshot(*access)); });
}

}  // namespace latchkey::app
