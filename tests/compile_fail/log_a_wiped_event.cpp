// Must not compile: text in wiped memory is no event.
#include "base/log.h"
#include "base/wiping.h"

void use(const latchkey::WipedString& link) { latchkey::log::info(link); }
