// Brings a release service up to date with what is completely signed in a publisher's folder, releases excepted: root
// and targets, channels.json, and channel roles that were signed again (with other keys, for more time).
#pragma once

#include "publish/api_client.h"
#include "publish/repository/metadata_folder.h"

namespace latchkey::publish {

// All of it in one call, so that devices see it together: a channel's new keys and the role they signed. Answers how
// many files were sent. Fails: not_found (no repository here), and as ApiClient does.
Result<std::size_t> send_signed_metadata(ApiClient& api, const MetadataFolder& folder);

}  // namespace latchkey::publish
