// A publisher's signing keys as files. The private half is an age file sealed with a passphrase, around PKCS#8 in PEM:
// `age -d NAME.key` gives what openssl and every other tool reads. The public half is beside it, a TUF key object, for
// those who name the key in metadata: NAME.pub.
#pragma once

#include <filesystem>

#include "protocol/release/tuf/tuf_key.h"
#include "vault/exchange/age/keys.h"
#include "vault/exchange/age/stanzas.h"

namespace latchkey::publish {

namespace tuf = protocol::tuf;
using Passphrase = vault::age::Passphrase;

inline constexpr std::string_view private_suffix = ".key";
inline constexpr std::string_view public_suffix = ".pub";

// Writes `folder`/`name`.key and .pub; replaces nothing. `work_factor`: log2 of what guessing the passphrase costs (18:
// 256 MiB and a second). Fails: invalid_argument (an empty passphrase, a name with anything but letters, digits, `-`,
// `_`), already_exists, permission_denied, storage_failed, crypto_failed.
Status create_key_files(const std::filesystem::path& folder, std::string_view name, const crypto::SigningKey& key,
                        const Passphrase& passphrase, unsigned work_factor = vault::age::default_work_factor);

// `file`: the .key. Fails: not_found, invalid_format, wrong_passcode, authentication_failed, unsupported.
Result<crypto::SigningKey> open_key_file(const std::filesystem::path& file, const Passphrase& passphrase);

// `file`: the .pub, or the .key beside it. Fails: not_found, invalid_format.
Result<tuf::TufKey> read_public_key(const std::filesystem::path& file);

struct StoredKey {
  std::string name;            // without folder and suffix
  std::filesystem::path file;  // the .key
  tuf::TufKey key;
};
// The key pairs of a folder, by name; none if there is no such folder. Fails: invalid_format, storage_failed.
Result<std::vector<StoredKey>> list_keys(const std::filesystem::path& folder);

}  // namespace latchkey::publish
