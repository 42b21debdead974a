// libsodium chooses its fastest code in sodium_init(). Inside this module only.
#pragma once

namespace latchkey::crypto {

// Call before any use of libsodium. Thread-safe; aborts when the library cannot start.
void make_sodium_ready();

}  // namespace latchkey::crypto
