// Wraps the slot's key with a key that a PKCS#11 token (a smart card, a USB token, an HSM) keeps and never gives out:
// one new AES-256 key a slot, used with AES-GCM; on tokens without that an RSA-3072 key with OAEP, or a P-256 key with
// ECDH. The token checks the PIN and counts wrong ones.
//
// Codes: wrong_passcode; locked_out (the token locked its PIN); temporarily_unavailable (the token is not there);
// key_missing (the token is there, the key is not); unsupported (no module, or the token can do none of it).
// probe() asks nobody, and without the PIN a token does not show its keys: it tells only whether the token is there and
// its PIN is not locked. Level: separate_hardware. A token in software (SoftHSM) is no better than its file.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "vault/key_store.h"
#include "vault/key_stores/pkcs11_parameters.h"

namespace latchkey::vault {

struct Pkcs11KeyStoreOptions {
  std::filesystem::path module;  // absolute; its code runs with all the rights of the program
  std::string token;             // the label of the token for new wraps
  // For new wraps; unset: the best that the token offers.
  std::optional<Pkcs11Mechanism> mechanism = std::nullopt;
  // A token removes a key only for its PIN. Unset: forget() fails with user_cancelled, and the key is left behind,
  // which opens nothing without the vault's file.
  std::function<Result<Passcode>(PasscodeAsk)> ask_pin_to_forget = {};
};

std::unique_ptr<KeyStore> make_pkcs11_key_store(Pkcs11KeyStoreOptions options);

}  // namespace latchkey::vault
