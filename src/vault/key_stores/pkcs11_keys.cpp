#include "vault/key_stores/pkcs11_keys.h"

#include <array>

#include "crypto/random.h"
#include "vault/key_stores/pkcs11_ec_keys.h"
#include "vault/key_stores/pkcs11_objects.h"

namespace latchkey::vault {
namespace {

using pkcs11::check;
using pkcs11::Session;

constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;
constexpr CK_ULONG rsa_bits = 3072;  // as strong as AES-128 (SP 800-57 part 1, table 2)
constexpr std::size_t wrapping_key_size = 32;

Result<CK_OBJECT_HANDLE> generate_aes(const Session& session, const TokenKeyId& id) {
  TokenTemplate key = token_object(id);
  keep_on_token(key)
      .add(CKA_DECRYPT, token_yes)
      .add(CKA_ENCRYPT, token_yes)
      .add(CKA_WRAP, token_no)
      .add(CKA_UNWRAP, token_no)
      .add(CKA_VALUE_LEN, CK_ULONG{32});
  auto attributes = key.get();
  CK_MECHANISM mechanism{CKM_AES_KEY_GEN, nullptr, 0};
  CK_OBJECT_HANDLE made = 0;
  TRY_DO(
      check(session.functions().C_GenerateKey(session.get(), &mechanism, attributes.data(), attributes.size(), &made)));
  return made;
}

Result<CK_OBJECT_HANDLE> generate_rsa(const Session& session, const TokenKeyId& id) {
  constexpr ByteArray<3> f4{1, 0, 1};
  TokenTemplate public_key = token_object(id);
  public_key.add(CKA_PRIVATE, token_yes).add(CKA_ENCRYPT, token_yes).add(CKA_VERIFY, token_no).add(CKA_WRAP, token_no);
  public_key.add(CKA_MODULUS_BITS, rsa_bits).add_bytes(CKA_PUBLIC_EXPONENT, f4);
  TokenTemplate private_key = token_object(id);
  keep_on_token(private_key).add(CKA_DECRYPT, token_yes).add(CKA_SIGN, token_no).add(CKA_UNWRAP, token_no);
  return generate_pair(session, CKM_RSA_PKCS_KEY_PAIR_GEN, public_key, private_key);
}

CK_GCM_PARAMS gcm_parameters(MutableBytes nonce, Bytes& associated_data) {
  CK_GCM_PARAMS parameters{};
  parameters.pIv = nonce.data();
  parameters.ulIvLen = nonce.size();
  parameters.ulIvBits = nonce.size() * 8;
  parameters.pAAD = associated_data.data();
  parameters.ulAADLen = associated_data.size();
  parameters.ulTagBits = tag_size * 8;
  return parameters;
}

CK_RSA_PKCS_OAEP_PARAMS oaep_parameters(Pkcs11Mechanism mechanism) {
  CK_RSA_PKCS_OAEP_PARAMS parameters{};
  const bool is_sha256 = mechanism == Pkcs11Mechanism::rsa_oaep_sha256;
  parameters.hashAlg = is_sha256 ? CKM_SHA256 : CKM_SHA_1;
  parameters.mgf = is_sha256 ? CKG_MGF1_SHA256 : CKG_MGF1_SHA1;
  parameters.source = CKZ_DATA_SPECIFIED;
  return parameters;
}

// A buffer as large as the input takes any output; modules that want to know the size first get their answer from it.
template <class Tag>
Result<Secret<Tag>> decrypt(const Session& session, CK_MECHANISM& mechanism, CK_OBJECT_HANDLE key, ByteView input,
                            std::size_t expected_size) {
  Bytes in(input.begin(), input.end());
  auto out = Secret<Tag>::zeroed(in.size());
  CK_ULONG size = out.size();
  CK_RV code = session.functions().C_DecryptInit(session.get(), &mechanism, key);
  if (code == CKR_OK)
    code = session.functions().C_Decrypt(session.get(), in.data(), in.size(), out.reveal_to_write().data(), &size);
  if (code != CKR_OK) return tl::unexpected(token_opening_error(code));
  if (size != expected_size) return fail(Code::authentication_failed, "PKCS#11 slot: size");
  return Secret<Tag>::copy_of(out.reveal().first(size));
}

template <class Tag>
Result<Bytes> encrypt(const Session& session, CK_MECHANISM& mechanism, CK_OBJECT_HANDLE key, const Secret<Tag>& input,
                      std::size_t max_size) {
  auto in = input.clone();
  const MutableBytes bytes = in.reveal_to_write();
  Bytes out(max_size);
  CK_ULONG size = out.size();
  const CK_RV begun = session.functions().C_EncryptInit(session.get(), &mechanism, key);
  if (begun == CKR_MECHANISM_INVALID || begun == CKR_MECHANISM_PARAM_INVALID || begun == CKR_ARGUMENTS_BAD)
    return fail(Code::unsupported, "the token does not do that");
  TRY_DO(check(begun));
  TRY_DO(check(session.functions().C_Encrypt(session.get(), bytes.data(), bytes.size(), out.data(), &size)));
  out.resize(size);
  return out;
}

}  // namespace

Result<Pkcs11Mechanism> choose_mechanism(const pkcs11::Module& module, const pkcs11::Token& token) {
  if (offers(module, token, CKM_AES_KEY_GEN, CKF_GENERATE) &&
      offers(module, token, CKM_AES_GCM, CKF_ENCRYPT | CKF_DECRYPT))
    return Pkcs11Mechanism::aes_256_gcm;
  if (offers(module, token, CKM_RSA_PKCS_KEY_PAIR_GEN, CKF_GENERATE_KEY_PAIR) &&
      offers(module, token, CKM_RSA_PKCS_OAEP, CKF_ENCRYPT | CKF_DECRYPT))
    return Pkcs11Mechanism::rsa_oaep_sha256;
  if (offers(module, token, CKM_EC_KEY_PAIR_GEN, CKF_GENERATE_KEY_PAIR) &&
      offers(module, token, CKM_ECDH1_DERIVE, CKF_DERIVE))
    return Pkcs11Mechanism::ecdh_p256;
  // AES key wrap alone would do it without binding the slot's place.
  return fail(Code::unsupported, "the token offers neither AES-GCM nor RSA-OAEP nor ECDH");
}

namespace {

Result<CK_OBJECT_HANDLE> generate_key(const Session& session, Pkcs11Mechanism mechanism, const TokenKeyId& id) {
  switch (mechanism) {
    case Pkcs11Mechanism::aes_256_gcm:
      return generate_aes(session, id);
    case Pkcs11Mechanism::rsa_oaep_sha256:
    case Pkcs11Mechanism::rsa_oaep_sha1:
      return generate_rsa(session, id);
    case Pkcs11Mechanism::ecdh_p256:
      break;
  }
  return generate_p256(session, id);
}

}  // namespace

Status generate_token_key(const Session& session, Pkcs11Mechanism mechanism, const TokenKeyId& id) {
  TRY(const CK_OBJECT_HANDLE key, generate_key(session, mechanism, id));
  Status stays = check_stays_on_token(session, key);
  if (!stays) static_cast<void>(destroy_token_key(session, id));
  return stays;
}

Status destroy_token_key(const Session& session, const TokenKeyId& id) {
  for (const CK_OBJECT_CLASS object_class : {CKO_SECRET_KEY, CKO_PRIVATE_KEY, CKO_PUBLIC_KEY}) {
    const auto found = find_token_object(session, object_class, id);
    if (!found && found.error().code == Code::key_missing) continue;
    if (!found) return tl::unexpected(found.error());
    TRY_DO(check(session.functions().C_DestroyObject(session.get(), *found)));
  }
  return {};
}

Result<Bytes> seal_with_token(const Session& session, const TokenKeyId& id, const SlotKey& key,
                              ByteView associated_data) {
  TRY(const CK_OBJECT_HANDLE token_key, find_token_object(session, CKO_SECRET_KEY, id));
  auto nonce = crypto::random_array<nonce_size>();
  const auto sent = nonce;
  Bytes aad(associated_data.begin(), associated_data.end());
  CK_GCM_PARAMS gcm = gcm_parameters(nonce, aad);
  CK_MECHANISM mechanism{CKM_AES_GCM, &gcm, sizeof gcm};
  TRY(const Bytes sealed, encrypt(session, mechanism, token_key, key, slot_key_size + tag_size));
  // Some tokens insist on a nonce of their own.
  if (nonce != sent || sealed.size() != slot_key_size + tag_size)
    return fail(Code::unsupported, "the token's AES-GCM is not the standard's");
  Bytes out(nonce.begin(), nonce.end());
  append(out, sealed);
  return out;
}

Result<SlotKey> open_with_token(const Session& session, const TokenKeyId& id, ByteView sealed,
                                ByteView associated_data) {
  if (sealed.size() != nonce_size + slot_key_size + tag_size) return fail(Code::authentication_failed, "slot");
  TRY(const CK_OBJECT_HANDLE token_key, find_token_object(session, CKO_SECRET_KEY, id));
  Bytes nonce(sealed.begin(), sealed.begin() + nonce_size);
  Bytes aad(associated_data.begin(), associated_data.end());
  CK_GCM_PARAMS gcm = gcm_parameters(nonce, aad);
  CK_MECHANISM mechanism{CKM_AES_GCM, &gcm, sizeof gcm};
  return decrypt<SlotKeyTag>(session, mechanism, token_key, sealed.subspan(nonce_size), slot_key_size);
}

Result<Bytes> encrypt_for_token(const Session& session, Pkcs11Mechanism mechanism, const TokenKeyId& id,
                                const WrappingKey& key) {
  TRY(const CK_OBJECT_HANDLE token_key, find_token_object(session, CKO_PUBLIC_KEY, id));
  CK_RSA_PKCS_OAEP_PARAMS oaep = oaep_parameters(mechanism);
  CK_MECHANISM rsa{CKM_RSA_PKCS_OAEP, &oaep, sizeof oaep};
  return encrypt(session, rsa, token_key, key, rsa_bits / 8);
}

Result<WrappingKey> decrypt_with_token(const Session& session, Pkcs11Mechanism mechanism, const TokenKeyId& id,
                                       ByteView encrypted) {
  TRY(const CK_OBJECT_HANDLE token_key, find_token_object(session, CKO_PRIVATE_KEY, id));
  CK_RSA_PKCS_OAEP_PARAMS oaep = oaep_parameters(mechanism);
  CK_MECHANISM rsa{CKM_RSA_PKCS_OAEP, &oaep, sizeof oaep};
  return decrypt<WrappingKeyTag>(session, rsa, token_key, encrypted, wrapping_key_size);
}

}  // namespace latchkey::vault
