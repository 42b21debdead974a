// A TUF metadata file: {"signatures":[{"keyid","sig"}],"signed":{...}} (TUF 1.0.34 section 4.2). What is signed is the
// canonical form of `signed`, so unknown members are covered, and the file may be laid out in any way.
#pragma once

#include <set>
#include <vector>

#include "protocol/release/tuf/tuf_key.h"

namespace latchkey::protocol::tuf {

// Which keys may sign for a role, and how many must.
struct RoleKeys {
  std::set<KeyId> key_ids;
  std::size_t threshold = 1;
  friend bool operator==(const RoleKeys&, const RoleKeys&) = default;
};

struct EnvelopeSignature {
  KeyId key_id;
  Bytes signature;  // may be empty: a place left for somebody
};

// Well-formed, but nothing is verified. Cheap to move. Not thread-safe.
class Envelope final {
 public:
  // At most `max_bytes`. Fails: invalid_format (also when one key signs twice), input_too_large.
  static Result<Envelope> parse(ByteView file, std::size_t max_bytes);
  // Unsigned, around what print() of a role gave. Fails: invalid_format, input_too_large.
  static Result<Envelope> of(std::string_view signed_json);

  const json::Value& content() const { return signed_; }
  const std::string& canonical() const { return canonical_; }
  const std::vector<EnvelopeSignature>& signatures() const { return signatures_; }

  // Adds or replaces the key's signature. Fails: unsupported, crypto_failed.
  Status sign(const crypto::SigningKey& key);
  // Adds or replaces somebody else's. Fails: input_too_large.
  Status add(EnvelopeSignature signature);

  // How many distinct public keys of `role` signed it. A key counts once, under however many ids it is listed.
  std::size_t count_valid(const RoleKeys& role, const KeyMap& keys) const;
  // Fails: signature_invalid (fewer than the threshold).
  Status check_threshold(const RoleKeys& role, const KeyMap& keys) const;

  // Without white space, but for a newline at the end.
  std::string print() const;

 private:
  Envelope() = default;
  json::Value signed_;
  std::string canonical_;
  std::vector<EnvelopeSignature> signatures_;
};

}  // namespace latchkey::protocol::tuf
