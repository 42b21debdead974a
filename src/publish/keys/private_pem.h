// PKCS#8 as PEM (RFC 7468 section 10) in memory that is wiped.
#pragma once

#include "crypto/signature.h"

namespace latchkey::publish {

using PrivatePem = Secret<struct PrivatePemTag>;

PrivatePem print_private_pem(ByteView pkcs8);
// As printed: lines of 64 columns that end in LF; the last LF may be missing. Fails: invalid_format.
Result<crypto::PrivateKeyDer> parse_private_pem(std::string_view pem);

}  // namespace latchkey::publish
