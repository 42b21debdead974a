// Bech32 (BIP 173) without its limit of 90 characters: how age writes public and private keys.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "base/wiping.h"

namespace latchkey::vault::age {

// In lower case. `prefix`: lower case, 1 to 83 printable characters.
WipedString to_bech32(std::string_view prefix, ByteView bytes);

struct Bech32 {
  WipedString prefix;  // in lower case
  WipedBytes bytes;
  bool is_upper_case = false;
};
// Strict: one case throughout, no stray bits. Fails: invalid_format.
Result<Bech32> parse_bech32(std::string_view text);

}  // namespace latchkey::vault::age
