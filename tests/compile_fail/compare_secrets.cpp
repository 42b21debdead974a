// Must not compile: secrets are compared with crypto::equal, in constant time.
#include "base/secret.h"

bool use(const latchkey::Secret<struct TokenTag>& a, const latchkey::Secret<struct TokenTag>& b) { return a == b; }
