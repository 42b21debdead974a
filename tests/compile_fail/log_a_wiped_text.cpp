// Must not compile: text in wiped memory is no log field.
#include "base/log.h"
#include "base/wiping.h"

void use(const latchkey::WipedString& link) { latchkey::log::info("invited", {{"link", link}}); }
