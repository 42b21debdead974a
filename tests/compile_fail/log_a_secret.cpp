// Must not compile: a secret is no log field.
#include "base/log.h"
#include "base/secret.h"

void use(const latchkey::Secret<struct TokenTag>& token) { latchkey::log::info("signed in", {{"token", token}}); }
