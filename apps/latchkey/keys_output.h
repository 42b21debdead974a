// How `latchkey keys` prints metadata and who has signed it, for people and as JSON.
#pragma once

#include "apps/latchkey/keys_access.h"

namespace latchkey::app {

// What a draft or a metadata file says, so that whoever signs sees what.
Result<std::string> describe_content(const KeysAccess& access, std::string_view role, const tuf::Envelope& envelope);

std::string describe_outcome(const KeysAccess& access, std::string_view done,
                             const std::vector<publish::MetadataName>& completed,
                             const std::vector<publish::Draft>& waiting);
std::string outcome_json(const KeysAccess& access, const std::vector<publish::MetadataName>& completed,
                         const std::vector<publish::Draft>& waiting);

// All of a repository: roles with keys, thresholds, versions and expiries.
Result<std::string> describe_repository(const KeysAccess& access);
Result<std::string> repository_json(const KeysAccess& access);

}  // namespace latchkey::app
