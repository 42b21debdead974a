// Must not compile: one kind of secret cannot be passed as another.
#include "base/secret.h"

void take(const latchkey::Secret<struct RefreshTokenTag>&);
void use(const latchkey::Secret<struct AccessTokenTag>& token) { take(token); }
