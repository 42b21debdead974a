// Content keys as files. The key is an age file sealed with a passphrase, `age -d ID.key` prints it as base64url; what
// is no secret about it lies beside it, in ID.json: which channel it is for, and since when.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "protocol/release/channels.h"
#include "protocol/release/key_wrap.h"
#include "vault/exchange/age/keys.h"
#include "vault/exchange/age/stanzas.h"

namespace latchkey::publish {

namespace release = protocol::release;

struct StoredContentKey {
  release::KeyId id{};
  std::string channel;  // empty: for every channel that is not private
  Instant created{};
  std::filesystem::path file;  // the .key
};

// Makes `folder`/ID.key and ID.json. `work_factor`: log2 of what guessing the passphrase costs. Fails:
// invalid_argument (an empty passphrase, a channel's name), already_exists, permission_denied, storage_failed,
// crypto_failed.
Result<StoredContentKey> create_content_key(const std::filesystem::path& folder, const std::string& channel,
                                            const release::ContentKey& key, Instant now,
                                            const vault::age::Passphrase& passphrase,
                                            unsigned work_factor = vault::age::default_work_factor);

// What lies beside a key: its channel, its time and its id; `file` is the key's. Fails: invalid_format.
std::string print_content_key_note(const StoredContentKey& stored);
Result<StoredContentKey> parse_content_key_note(std::string_view json);

// The oldest first; none if there is no such folder. Fails: invalid_format, storage_failed.
Result<std::vector<StoredContentKey>> list_content_keys(const std::filesystem::path& folder);

// Those `channel` encrypts for: a private one for its own alone, which may be none; another for those of every channel,
// and its own from the time it was private.
std::vector<StoredContentKey> keys_of_channel(const std::vector<StoredContentKey>& keys,
                                              const release::Channel& channel);

// Fails: not_found, invalid_format, wrong_passcode, authentication_failed (altered, or another key than its name says).
Result<release::ContentKey> open_content_key(const StoredContentKey& stored, const vault::age::Passphrase& passphrase);

// 43 characters of base64url: what a native build is given.
WipedString print_content_key(const release::ContentKey& key);
Result<release::ContentKey> parse_content_key(std::string_view text);  // Fails: invalid_format

}  // namespace latchkey::publish
