// Which public keys a host may show in TLS: SHA-256 of its SubjectPublicKeyInfo (RFC 7469 section 2.4), written
// "sha256//" + base64. Pins come on top of the ordinary certificate checks, they never replace them. Every host needs a
// backup: with one key only, losing it would lock every installed app out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace latchkey::http {

// One pin.
class KeyPin final {
 public:
  // Fails: configuration_invalid unless `text` is "sha256//" and the padded base64 of exactly 32 bytes.
  static Result<KeyPin> parse(std::string_view text);
  // The pin of a key, from its SubjectPublicKeyInfo in DER.
  static KeyPin of_public_key(ByteView subject_public_key_info);

  const std::string& text() const { return text_; }
  friend bool operator==(const KeyPin&, const KeyPin&) = default;

 private:
  explicit KeyPin(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

struct HostPins {
  std::string host;               // exact name as in the URL, without port; no wildcards; case does not matter
  std::vector<std::string> pins;  // the current key and at least one backup, in any order
};

// The pins of all hosts. Immutable; safe to share between threads.
class PinnedKeys final {
 public:
  PinnedKeys() = default;  // no host is pinned

  // Fails: configuration_invalid for a host with no pins, with one pin or one pin twice (no backup), a malformed pin,
  // an empty host, or a host named twice.
  static Result<PinnedKeys> create(const std::vector<HostPins>& hosts);

  // "sha256//...;sha256//..." for a pinned host, empty for any other.
  std::string_view pins_of(std::string_view host) const;
  bool is_empty() const { return hosts_.empty(); }

 private:
  struct Host {
    std::string name;
    std::string pins;
  };
  std::vector<Host> hosts_;
};

}  // namespace latchkey::http
