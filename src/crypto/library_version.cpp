#include "crypto/library_version.h"

#include <openssl/crypto.h>

namespace latchkey::crypto {

std::string openssl_version() { return OpenSSL_version(OPENSSL_VERSION); }

}  // namespace latchkey::crypto
