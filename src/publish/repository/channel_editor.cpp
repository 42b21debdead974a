#include "publish/repository/channel_editor.h"

#include <algorithm>

namespace latchkey::publish {
namespace {

constexpr std::string_view channels_file = "channels.json";

}  // namespace

Result<release::Channels> read_channels(const MetadataFolder& folder) {
  const auto targets = folder.get_targets(tuf::targets_role);
  if (!targets && targets.error().code == Code::not_found)
    return fail(Code::not_found,
                "no repository in this folder; make one with `latchkey keys init`, or name it with --dir");
  if (!targets) return tl::unexpected(targets.error());
  const auto file = targets->files.find(channels_file);
  if (file == targets->files.end()) return fail(Code::not_found, "the repository names no channels yet");
  TRY(const Bytes text, folder.read_target(channels_file, file->second));
  return release::parse_channels(as_text(text));
}

Result<release::Channels> edit_channel(release::Channels channels, std::string_view name, const ChannelEdit& edit) {
  const auto found = std::ranges::find(channels.channels, name, &release::Channel::name);
  if (found == channels.channels.end()) return fail(Code::not_found, "the app has no channel " + std::string(name));
  found->self_assign = edit.self_assign.value_or(found->self_assign);
  found->is_private = edit.is_private.value_or(found->is_private);
  found->platforms = edit.platforms.value_or(found->platforms);
  std::ranges::sort(found->platforms);
  if (edit.becomes_default) channels.default_channel = name;
  TRY_DO(release::check_channels(channels));
  return channels;
}

Result<tuf::Targets> name_channels(tuf::Targets targets, const release::Channels& channels, Instant expires) {
  TRY_DO(release::check_channels(channels));
  const std::string text = print_channels(channels);
  targets.files[std::string(channels_file)] = tuf::describe_target(as_bytes(text));
  ++targets.version;
  targets.expires = expires;
  return targets;
}

}  // namespace latchkey::publish
