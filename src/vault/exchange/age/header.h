// The header of an age file (age-encryption.org/v1): stanzas that each wrap the file key for one recipient, and a MAC
// over them all. What a stanza means is stanzas.h.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/hmac.h"

namespace latchkey::vault::age {

using FileKey = Secret<struct AgeFileKeyTag>;  // 16 random bytes, one per file
inline constexpr std::size_t file_key_size = 16;

struct Stanza {
  std::vector<std::string> arguments;  // the first is the kind; at least one
  Bytes body;
};

struct Header {
  std::vector<Stanza> stanzas;  // at least one
  ByteView authenticated;       // part of the file: up to and including "---"
  crypto::HmacTag mac;
  std::size_t size = 0;  // of all of it; the payload begins there
};

// Strict: one text form for every header. `file` outlives the answer. Fails: invalid_format, future_version,
// input_too_large.
Result<Header> parse_header(ByteView file);

// HMAC-SHA-256 under HKDF(file key, "header").
crypto::HmacTag sign_header(const FileKey& key, ByteView authenticated);

// The whole header with its MAC.
std::string print_header(const std::vector<Stanza>& stanzas, const FileKey& key);

}  // namespace latchkey::vault::age
