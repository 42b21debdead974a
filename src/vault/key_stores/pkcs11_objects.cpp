#include "vault/key_stores/pkcs11_objects.h"

#include <array>

namespace latchkey::vault {

using pkcs11::check;
using pkcs11::Session;

TokenTemplate token_object(const TokenKeyId& id) {
  TokenTemplate object;
  object.add(CKA_TOKEN, token_yes).add_bytes(CKA_ID, id).add_bytes(CKA_LABEL, as_bytes("Latchkey vault key"));
  return object;
}
TokenTemplate& keep_on_token(TokenTemplate& object) {
  return object.add(CKA_PRIVATE, token_yes).add(CKA_SENSITIVE, token_yes).add(CKA_EXTRACTABLE, token_no);
}

Result<CK_OBJECT_HANDLE> generate_pair(const Session& session, CK_MECHANISM_TYPE type, TokenTemplate& public_key,
                                       TokenTemplate& private_key) {
  auto of_public = public_key.get();
  auto of_private = private_key.get();
  CK_MECHANISM mechanism{type, nullptr, 0};
  CK_OBJECT_HANDLE made_public = 0;
  CK_OBJECT_HANDLE made_private = 0;
  TRY_DO(
      check(session.functions().C_GenerateKeyPair(session.get(), &mechanism, of_public.data(), of_public.size(),
                                                  of_private.data(), of_private.size(), &made_public, &made_private)));
  return made_private;
}

Result<CK_OBJECT_HANDLE> find_token_object(const Session& session, CK_OBJECT_CLASS object_class, const TokenKeyId& id) {
  TokenTemplate wanted;
  wanted.add(CKA_CLASS, object_class).add_bytes(CKA_ID, id);
  auto attributes = wanted.get();
  TRY_DO(check(session.functions().C_FindObjectsInit(session.get(), attributes.data(), attributes.size())));
  CK_OBJECT_HANDLE found = 0;
  CK_ULONG count = 0;
  const CK_RV code = session.functions().C_FindObjects(session.get(), &found, 1, &count);
  session.functions().C_FindObjectsFinal(session.get());
  TRY_DO(check(code));
  if (count == 0) return fail(Code::key_missing, "the token has no such key");
  return found;
}

Status check_stays_on_token(const Session& session, CK_OBJECT_HANDLE key) {
  CK_BBOOL is_sensitive = token_no;
  CK_BBOOL is_extractable = token_yes;
  std::array<CK_ATTRIBUTE, 2> attributes{
      {{CKA_SENSITIVE, &is_sensitive, sizeof is_sensitive}, {CKA_EXTRACTABLE, &is_extractable, sizeof is_extractable}}};
  TRY_DO(check(session.functions().C_GetAttributeValue(session.get(), key, attributes.data(), attributes.size())));
  if (is_sensitive != CK_TRUE || is_extractable != CK_FALSE)
    return fail(Code::unsupported, "the token makes keys that can leave it");
  return {};
}

Error token_opening_error(CK_RV code) {
  switch (code) {
    case CKR_DEVICE_ERROR:
    case CKR_DEVICE_REMOVED:
    case CKR_DEVICE_MEMORY:
    case CKR_HOST_MEMORY:
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_USER_NOT_LOGGED_IN:
    case CKR_SESSION_CLOSED:
    case CKR_SESSION_HANDLE_INVALID:
      return pkcs11::to_error(code);
    default:
      return {Code::authentication_failed, "PKCS#11 slot: altered, or another key"};
  }
}

}  // namespace latchkey::vault
