// A PKCS#11 module with one token, "scripted", that answers C_Login as it is told. It stands in for nothing that
// SoftHSM can do: only for PINs that lock, and tokens that go while they are used.
#pragma once

#include <p11-kit/pkcs11.h>

// Found with dlsym in the loaded module.
extern "C" {
using ScriptPkcs11 = void (*)(CK_RV login_answer, CK_FLAGS token_flags);
void script_pkcs11(CK_RV login_answer, CK_FLAGS token_flags);
}
