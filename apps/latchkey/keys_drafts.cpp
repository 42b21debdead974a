// `latchkey keys discard` and `keys send`: what becomes of drafts nobody wants any more, and of what is complete.
#include <fmt/format.h>

#include "apps/latchkey/keys_commands.h"
#include "apps/latchkey/keys_output.h"
#include "apps/latchkey/release_server.h"
#include "publish/metadata_sync.h"
#include "publish/repository/channel_editor.h"

namespace latchkey::app {
namespace {

using publish::Draft;

struct DiscardCommand {
  std::shared_ptr<KeysAccess> access;
  std::string file = {};

  Result<Draft> find() const {
    const auto name = publish::MetadataName::parse(std::filesystem::path(file).filename().string());
    if (!name) return fail(Code::invalid_argument, "a draft is called like 2.root.json");
    TRY(auto drafts, access->folder().list_drafts());
    for (Draft& draft : drafts)
      if (draft.name.file_name() == name->file_name()) return std::move(draft);
    return fail(Code::not_found,
                name->file_name() + " does not wait for signatures; latchkey keys show tells what does");
  }

  // What was signed of it is void nowhere: whoever has a copy and enough keys can still complete that one.
  Status run() const {
    TRY(const Draft draft, find());
    TRY(const std::string content, describe_content(*access, draft.name.role, draft.envelope));
    const std::string said =
        fmt::format("{} {}, which had {} signatures:\n{}", access->flags.is_dry_run ? "would discard" : "discarded",
                    draft.name.file_name(), draft.envelope.signatures().size(), content);
    if (!access->flags.is_dry_run) {
      publish::MetadataFolder folder = access->folder();
      TRY_DO(folder.remove_draft(draft.name));
    }
    TRY(const auto waiting, access->folder().list_drafts());
    access->console().result(describe_outcome(*access, said.substr(0, said.size() - 1), {}, waiting) +
                                 "\nkeys made for it stay in the folder of keys",
                             outcome_json(*access, {}, waiting));
    return {};
  }
};

struct SendCommand {
  std::shared_ptr<KeysAccess> access;
  ServerFlags server = {};

  Status run() const {
    const auto folder = access->folder();
    TRY(const auto channels, publish::read_channels(folder));
    TRY(const auto connection, ReleaseServer::connect(access->console(), server, channels.app));
    auto sent = publish::send_signed_metadata(connection->api(), folder);
    if (!sent && sent.error().code == Code::signature_invalid)
      return fail(Code::signature_invalid, sent.error().detail +
                                               "; a role whose keys changed has to be signed anew first (latchkey keys "
                                               "show)");
    TRY(const std::size_t count, std::move(sent));
    access->console().result(count == 0 ? "the server has it all" : fmt::format("sent {} files; devices follow", count),
                             fmt::format(R"({{"ok":true,"sent":{}}})", count));
    return {};
  }
};

}  // namespace

void add_keys_drafts(CLI::App& group, const std::shared_ptr<KeysAccess>& access) {
  const auto discard = std::make_shared<DiscardCommand>(DiscardCommand{access});
  CLI::App* sub = group.add_subcommand("discard", "Give up a draft that waits for signatures");
  sub->callback([discard] { discard->access->console().finish(discard->run()); });
  sub->add_option("file", discard->file, "2.root.json, or its path")->required();
  sub->add_flag("--dry-run", access->flags.is_dry_run, "Only tell what it says and who signed");

  const auto send = std::make_shared<SendCommand>(SendCommand{access});
  sub = group.add_subcommand("send", "Bring root, targets and channels that are completely signed to the server");
  sub->callback([send] { send->access->console().finish(send->run()); });
  add_server_flags(*sub, send->server);
}

}  // namespace latchkey::app
