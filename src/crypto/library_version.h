// The libraries underneath, for people who look for the cause of trouble.
#pragma once

#include <string>

namespace latchkey::crypto {

std::string openssl_version();  // "OpenSSL 3.0.22 22 Oct 2026"

}  // namespace latchkey::crypto
