// A set of public keys (RFC 7517 section 5), each imported once and found by its id: what a server publishes, and what
// a client fetched from it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "protocol/jose/jwk.h"

namespace latchkey::protocol::jose {

class Jwks final {
 public:
  struct Key {
    Jwk jwk;
    crypto::VerifyingKey key;
  };

  // Keys of kinds we do not know (RFC 7517 section 5), not meant for signatures, or that fail to import are left out. A
  // set with a symmetric or private key in it has been leaked and is refused whole, as is one with the same `kid`
  // twice. Fails: invalid_format, input_too_large.
  static Result<Jwks> parse(std::string_view json);

  // Fails: as Jwk::import; already_exists when the `kid` is there.
  Status add(const Jwk& jwk);

  // The key of that id if it is for `algorithm`. Without an id: the one key for `algorithm`, if there is exactly one.
  const Key* find(std::string_view kid, Algorithm algorithm) const;

  const std::vector<Key>& keys() const { return keys_; }
  // {"keys":[...]}
  std::string print() const;

 private:
  std::vector<Key> keys_;
};

}  // namespace latchkey::protocol::jose
