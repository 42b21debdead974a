// The control: the same call with a text compiles.
#include "base/log.h"

void use() { latchkey::log::info("signed in", {{"client", "latchkey-cli"}}); }
