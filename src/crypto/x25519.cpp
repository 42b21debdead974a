#include <sodium.h>

#include "crypto/key_agreement.h"
#include "crypto/random.h"
#include "crypto/sodium_ready.h"

namespace latchkey::crypto {
namespace {

constexpr std::size_t x25519_scalar_size = crypto_scalarmult_SCALARBYTES;

}  // namespace

X25519Key::X25519Key(Secret<X25519ScalarTag> scalar) : scalar_(std::move(scalar)) {
  make_sodium_ready();
  crypto_scalarmult_base(public_.data(), scalar_.reveal().data());
}

X25519Key X25519Key::generate() { return X25519Key(random_secret<X25519ScalarTag>(x25519_scalar_size)); }

Result<X25519Key> X25519Key::from_private(ByteView scalar) {
  if (scalar.size() != x25519_scalar_size) return fail(Code::invalid_argument, "an X25519 key has 32 bytes");
  return X25519Key(Secret<X25519ScalarTag>::copy_of(scalar));
}

// libsodium answers failure for every point of low order, and so whenever the secret would be all zeroes.
Result<SharedSecret> X25519Key::agree(const X25519Public& peer) const {
  auto shared = SharedSecret::zeroed(crypto_scalarmult_BYTES);
  if (crypto_scalarmult(shared.reveal_to_write().data(), scalar_.reveal().data(), peer.data()) != 0)
    return fail(Code::invalid_argument, "the peer's X25519 key is of low order");
  return shared;
}

}  // namespace latchkey::crypto
