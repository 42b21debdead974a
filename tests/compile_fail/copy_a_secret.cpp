// Must not compile: a secret moves, or is cloned by name.
#include "base/secret.h"

latchkey::Secret<struct TokenTag> use(const latchkey::Secret<struct TokenTag>& token) { return token; }
