// A copy of a vault's records in one encrypted file: an age file (age-encryption.org/v1) around the document of
// docs/formats/export-v1.md.
#pragma once

#include <filesystem>

#include "vault/exchange/age/file.h"
#include "vault/exchange/export_format.h"

namespace latchkey::vault {

// Who can open it: whoever has one of the private keys; without any, whoever knows the passphrase.
struct ExportLock {
  std::vector<age::Recipient> recipients;
  age::Passphrase passphrase;
  unsigned work_factor = age::default_work_factor;
  age::Encoding encoding = age::Encoding::binary;
};

// Streams the file to `sink` in little memory, and answers how many records are in it. Before it returns the file is
// not complete, and does not open. Records that ask every time take one Vault::authenticate() before, for all of them.
// Fails: reauthentication_required, conflict (the vault was changed meanwhile: repeat), as age::Writer, as
// Vault::get, as the sink.
Result<std::uint64_t> export_vault(Vault& vault, const ExportLock& lock, Instant now, const age::Sink& sink);

// The same into a new file of mode 0600, which is there completely or not at all. Fails also: already_exists.
Result<std::uint64_t> export_to_file(Vault& vault, const ExportLock& lock, Instant now,
                                     const std::filesystem::path& path);

}  // namespace latchkey::vault
