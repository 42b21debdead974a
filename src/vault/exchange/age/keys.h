// The keys of age: recipients (public, "age1...") and identities (private, "AGE-SECRET-KEY-1..."), both X25519, and
// passphrases.
#pragma once

#include <vector>

#include "base/wiping.h"
#include "crypto/key_agreement.h"

namespace latchkey::vault::age {

using Recipient = crypto::X25519Public;
using Identity = crypto::X25519Key;
using Passphrase = Secret<struct AgePassphraseTag>;

// Fails: invalid_argument (not an X25519 recipient of age, or a key of low order).
Result<Recipient> parse_recipient(std::string_view text);
std::string print_recipient(const Recipient& recipient);

// Fails: invalid_format.
Result<Identity> parse_identity(std::string_view text);
WipedString print_identity(const Identity& identity);

// What `age-keygen` writes: one identity a line, empty lines and lines that begin with '#' between. Fails:
// invalid_format (with the line's number), input_too_large.
Result<std::vector<Identity>> parse_identity_file(std::string_view text);

}  // namespace latchkey::vault::age
