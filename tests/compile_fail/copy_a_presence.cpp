// Must not compile: one presence, one signature.
#include "vault/user_presence.h"

latchkey::vault::Presence use(const latchkey::vault::Presence& presence) { return presence; }
