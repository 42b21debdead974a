// Files in the age format, version 1 (age-encryption.org/v1): what we write the age tool opens, and the other way
// round. The payload is encrypted in chunks (STREAM with ChaCha20-Poly1305), so any size is written in little memory.
#pragma once

#include <memory>
#include <vector>

#include "base/wiping.h"
#include "protocol/limits/vault.h"
#include "vault/exchange/age/armor.h"
#include "vault/exchange/age/stanzas.h"

namespace latchkey::vault::age {

enum class Encoding { binary, armor };

// Writes one file to a sink. Feed plaintext in pieces of any size, then finish() once: before that the file does not
// open. Not thread-safe. Fails everywhere: as the sink.
class Writer final {
 public:
  // For whoever has one of the private keys; 1 to `age_stanzas`. Fails: invalid_argument.
  static Result<Writer> create(std::span<const Recipient> recipients, Encoding encoding, Sink sink);
  // For whoever knows the passphrase, and nobody else. Fails: as wrap_for_passphrase.
  static Result<Writer> create(const Passphrase& passphrase, unsigned work_factor, Encoding encoding, Sink sink);
  ~Writer();
  Writer(Writer&&) noexcept;
  Writer& operator=(Writer&&) noexcept;

  Status write(ByteView plaintext);
  Status finish();

 private:
  struct Core;
  static Result<Writer> begin(const std::vector<Stanza>& stanzas, const FileKey& key, Encoding encoding, Sink sink);
  explicit Writer(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

// What opens a file. The passphrase is asked for only when the file is for one; unset means there is none.
struct Keys {
  std::vector<Identity> identities;
  std::function<Result<Passphrase>()> ask_passphrase;
};

// Binary or armored, found out by itself. Fails: invalid_format, future_version, input_too_large, wrong_passcode,
// authentication_failed (none of `keys` is for it, or altered or cut short: nothing was used), crypto_failed (memory),
// and as ask_passphrase.
Result<WipedBytes> open_file(ByteView file, const Keys& keys);

// open_file without holding the plaintext: every piece the sink gets is authentic and in its place, but only success
// says that nothing is missing at the end.
Status open_file_into(ByteView file, const Keys& keys, const std::function<Status(ByteView)>& sink);

// Whether the bytes begin like an age file, armored or not. Says nothing about the rest.
bool looks_like_age(ByteView file);

}  // namespace latchkey::vault::age
