// The groups of `latchkey keys` commands, each in the file of its name. keys.cpp calls them all.
#pragma once

#include "apps/latchkey/keys_access.h"

namespace latchkey::app {

void add_keys_init(CLI::App& group, const std::shared_ptr<KeysAccess>& access);
void add_keys_change(CLI::App& group, const std::shared_ptr<KeysAccess>& access);
void add_keys_sign(CLI::App& group, const std::shared_ptr<KeysAccess>& access);
void add_keys_drafts(CLI::App& group, const std::shared_ptr<KeysAccess>& access);
void add_keys_release(CLI::App& group, const std::shared_ptr<KeysAccess>& access);

// The server's public keys: a JSON object whose members snapshot, timestamp and policy are TUF keys, or which has such
// an object as `online_keys`; those of its `next_keys` go before. Fails: not_found, invalid_format.
struct OnlineKeys {
  tuf::TufKey snapshot;
  tuf::TufKey timestamp;
  std::optional<tuf::TufKey> policy;
};
Result<OnlineKeys> read_online_keys(const std::string& file);

}  // namespace latchkey::app
