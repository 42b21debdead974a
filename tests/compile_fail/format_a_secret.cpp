// Must not compile: a secret has no formatter.
#include <fmt/format.h>

#include "base/secret.h"

std::string use(const latchkey::Secret<struct TokenTag>& token) { return fmt::format("{}", token); }
