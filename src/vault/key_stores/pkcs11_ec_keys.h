// A P-256 key pair on a PKCS#11 token, and what it agrees on with a key of one use (ECDH, NIST SP 800-56A 6.2.2.2: the
// one-pass scheme). Points are checked here before the token sees them: not every token does.
#pragma once

#include "crypto/key_agreement.h"
#include "vault/key_stores/pkcs11_keys.h"

namespace latchkey::vault {

// The private key, fit for derivation only; its public key has the same id.
Result<CK_OBJECT_HANDLE> generate_p256(const pkcs11::Session& session, const TokenKeyId& id);

// Fails: key_missing, unsupported (a key of another curve, or a point that is not on this one).
Result<crypto::P256Public> read_token_point(const pkcs11::Session& session, const TokenKeyId& id);

// The x coordinate, which the token computes (CKM_ECDH1_DERIVE, CKD_NULL). Fails: key_missing, authentication_failed
// (no point of P-256, or the token does not take it), temporarily_unavailable.
Result<crypto::SharedSecret> agree_with_token(const pkcs11::Session& session, const TokenKeyId& id, ByteView peer);

}  // namespace latchkey::vault
