// `latchkey keys threshold sign`, `threshold merge` and `keys show`: signatures of several people on several machines.
#include <fmt/format.h>

#include "apps/latchkey/keys_commands.h"
#include "apps/latchkey/keys_output.h"
#include "base/atomic_file.h"

namespace latchkey::app {
namespace {

using publish::Draft;
using publish::MetadataFolder;
using publish::MetadataName;

Result<Draft> read_draft(const std::filesystem::path& file) {
  const auto name = MetadataName::parse(file.filename().string());
  if (!name) return fail(Code::invalid_argument, "a draft is called like 2.root.json");
  const std::size_t bound = publish::max_metadata_bytes(name->role);
  TRY(const WipedBytes bytes, read_file(file, bound));
  TRY(auto envelope, tuf::Envelope::parse(bytes, bound));
  TRY(const std::int64_t version, protocol::json::get_integer(envelope.content(), "version"));
  if (version != name->version) return fail(Code::invalid_format, "the file's name is not its version");
  return Draft{*name, std::move(envelope)};
}

struct SignCommand {
  std::shared_ptr<KeysAccess> access;
  std::string file = {};

  // Needs nothing but the file and the key, so that a machine without a network can do it.
  Status sign() {
    TRY(Draft draft, read_draft(file));
    TRY(const std::string content, describe_content(*access, draft.name.role, draft.envelope));
    access->console().say("This is what you sign:\n" + content);
    if (access->flags.is_dry_run) return tell_dry(content);
    TRY(const auto keys, access->open_given_keys());
    for (const auto& key : keys) TRY_DO(draft.envelope.sign(key));
    return store(draft);
  }

  Status tell_dry(const std::string& content) {
    access->console().result("nothing was signed",
                             fmt::format(R"({{"ok":true,"dry_run":true,"content":{}}})", json_quoted(content)));
    return {};
  }

  // In the folder it may be complete now; elsewhere it goes back to whoever asked.
  Status store(const Draft& draft) {
    MetadataFolder folder = access->folder();
    std::error_code error;
    if (std::filesystem::equivalent(file, folder.draft_file(draft.name), error)) {
      TRY(const auto completed, publish::submit(folder, draft));
      return access->report("signed", completed);
    }
    TRY_DO(write_file_atomically(file, as_bytes(draft.envelope.print())));
    access->console().result(
        fmt::format("signed; {} signatures are in it. Send it back to be merged: latchkey keys threshold merge",
                    draft.envelope.signatures().size()),
        fmt::format(R"({{"ok":true,"signatures":{}}})", draft.envelope.signatures().size()));
    return {};
  }

  Status merge() {
    MetadataFolder folder = access->folder();
    TRY(const Draft theirs, read_draft(file));
    TRY(Draft ours, read_draft(folder.draft_file(theirs.name)));
    TRY(const auto requirements, publish::list_requirements(folder, ours));
    TRY(const std::size_t added, publish::merge(ours, theirs.envelope, requirements));
    if (access->flags.is_dry_run) {
      access->console().result(fmt::format("would take over {} signatures", added), R"({"ok":true,"dry_run":true})");
      return {};
    }
    TRY(const auto completed, publish::submit(folder, ours));
    return access->report(fmt::format("{} signatures taken over", added), completed);
  }

  Status show() {
    if (file.empty()) {
      TRY(const std::string text, describe_repository(*access));
      TRY(const std::string json, repository_json(*access));
      access->console().result(text, json);
      return {};
    }
    if (file.ends_with(publish::public_suffix) || file.ends_with(publish::private_suffix)) return show_key();
    TRY(const Draft draft, read_draft(file));
    TRY(const std::string content, describe_content(*access, draft.name.role, draft.envelope));
    access->console().result(content.substr(0, content.size() - 1),
                             fmt::format(R"({{"content":{}}})", json_quoted(content)));
    return {};
  }

  Status show_key() {
    TRY(const tuf::TufKey key, publish::read_public_key(file));
    access->console().result("id " + key.id().value(),
                             fmt::format(R"({{"id":"{}","key":{}}})", key.id().value(), key.json()));
    return {};
  }
};

}  // namespace

void add_keys_sign(CLI::App& group, const std::shared_ptr<KeysAccess>& access) {
  const auto command = std::make_shared<SignCommand>(SignCommand{access});
  Console& console = access->console();
  CLI::App* threshold = group.add_subcommand("threshold", "Gather signatures of several people");
  threshold->require_subcommand(1);
  threshold->fallthrough();

  CLI::App* sub = threshold->add_subcommand("sign", "Sign a draft with the keys of --key, on any machine");
  sub->callback([command, &console] { console.finish(command->sign()); });
  sub->add_option("file", command->file, "The draft: DIR/pending/2.root.json, or a copy of it")->required();
  sub->add_flag("--dry-run", access->flags.is_dry_run, "Only show what would be signed");

  sub = threshold->add_subcommand("merge", "Take over the signatures of a copy that came back");
  sub->callback([command, &console] { console.finish(command->merge()); });
  sub->add_option("file", command->file, "The copy")->required();
  sub->add_flag("--dry-run", access->flags.is_dry_run, "Only tell how many are new");

  sub = group.add_subcommand("show", "Who may sign what, until when, and what waits for signatures");
  sub->callback([command, &console] { console.finish(command->show()); });
  sub->add_option("file", command->file, "Only a key (.pub) or a metadata file");
}

}  // namespace latchkey::app
