// Must not compile: nothing but a presence that an adapter confirmed opens a signing key; there is no yes to forge.
#include "vault/signing_key.h"

auto use(latchkey::vault::SigningKeyStore& keys, latchkey::ByteView message) {
  return keys.sign("default", latchkey::vault::Presence(), message, {});
}
