// channels.json: which channels an app has and how devices come by them, as its targets role signs it. Nothing is
// signed here.
#pragma once

#include "protocol/release/channels.h"
#include "publish/repository/metadata_folder.h"

namespace latchkey::publish {

namespace release = protocol::release;

// As the newest complete targets role names it. Fails: not_found (with what to do as detail), signature_invalid,
// authentication_failed, invalid_format.
Result<release::Channels> read_channels(const MetadataFolder& folder);

// What is to change of a channel; what is not named stays.
struct ChannelEdit {
  std::optional<bool> self_assign = {};
  std::optional<bool> is_private = {};
  std::optional<std::vector<std::string>> platforms = {};  // in any order; empty: all
  bool becomes_default = false;
};
// Fails: not_found (no such channel), invalid_argument (a platform).
Result<release::Channels> edit_channel(release::Channels channels, std::string_view name, const ChannelEdit& edit);

// The next version of targets, with `channels` as its channels.json. Fails: invalid_argument (check_channels).
Result<tuf::Targets> name_channels(tuf::Targets targets, const release::Channels& channels, Instant expires);

}  // namespace latchkey::publish
