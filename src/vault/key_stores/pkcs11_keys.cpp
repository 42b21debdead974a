#include "vault/key_stores/pkcs11_keys.h"

#include <array>
#include <optional>
#include <vector>

#include "crypto/random.h"

namespace latchkey::vault {
namespace {

using pkcs11::check;
using pkcs11::Session;

constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;
constexpr CK_ULONG rsa_bits = 3072;  // as strong as AES-128 (SP 800-57 part 1, table 2)
constexpr std::size_t wrapping_key_size = 32;

// The attributes of one object; values are copied, so that it can be made of constants.
class Template final {
 public:
  template <class Value>
  Template& add(CK_ATTRIBUTE_TYPE type, const Value& value) {
    const auto* const at = reinterpret_cast<const std::uint8_t*>(&value);
    return add_bytes(type, {at, sizeof value});
  }
  Template& add_bytes(CK_ATTRIBUTE_TYPE type, ByteView bytes) {
    types_.push_back(type);
    values_.emplace_back(bytes.begin(), bytes.end());
    return *this;
  }
  // Points into this template.
  std::vector<CK_ATTRIBUTE> get() {
    std::vector<CK_ATTRIBUTE> out;
    out.reserve(types_.size());
    for (std::size_t i = 0; i < types_.size(); ++i)
      out.push_back({types_[i], values_[i].data(), static_cast<CK_ULONG>(values_[i].size())});
    return out;
  }

 private:
  std::vector<CK_ATTRIBUTE_TYPE> types_;
  std::vector<Bytes> values_;
};

constexpr CK_BBOOL yes = CK_TRUE;
constexpr CK_BBOOL no = CK_FALSE;

Template token_object(const TokenKeyId& id) {
  Template object;
  object.add(CKA_TOKEN, yes).add_bytes(CKA_ID, id).add_bytes(CKA_LABEL, as_bytes("Latchkey vault key"));
  return object;
}
// What makes a key stay on the token, and fit for nothing but this.
Template& keep_on_token(Template& object) {
  return object.add(CKA_PRIVATE, yes).add(CKA_SENSITIVE, yes).add(CKA_EXTRACTABLE, no).add(CKA_DECRYPT, yes);
}

// Fails: key_missing.
Result<CK_OBJECT_HANDLE> find_object(const Session& session, CK_OBJECT_CLASS object_class, const TokenKeyId& id) {
  Template wanted;
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

// A token may overrule a template; a key that can leave it is not what was asked for.
Status check_stays_on_token(const Session& session, CK_OBJECT_HANDLE key) {
  CK_BBOOL is_sensitive = no;
  CK_BBOOL is_extractable = yes;
  std::array<CK_ATTRIBUTE, 2> attributes{
      {{CKA_SENSITIVE, &is_sensitive, sizeof is_sensitive}, {CKA_EXTRACTABLE, &is_extractable, sizeof is_extractable}}};
  TRY_DO(check(session.functions().C_GetAttributeValue(session.get(), key, attributes.data(), attributes.size())));
  if (is_sensitive != CK_TRUE || is_extractable != CK_FALSE)
    return fail(Code::unsupported, "the token makes keys that can leave it");
  return {};
}

Result<CK_OBJECT_HANDLE> generate_aes(const Session& session, const TokenKeyId& id) {
  Template key = token_object(id);
  keep_on_token(key).add(CKA_ENCRYPT, yes).add(CKA_WRAP, no).add(CKA_UNWRAP, no).add(CKA_VALUE_LEN, CK_ULONG{32});
  auto attributes = key.get();
  CK_MECHANISM mechanism{CKM_AES_KEY_GEN, nullptr, 0};
  CK_OBJECT_HANDLE made = 0;
  TRY_DO(
      check(session.functions().C_GenerateKey(session.get(), &mechanism, attributes.data(), attributes.size(), &made)));
  return made;
}

Result<CK_OBJECT_HANDLE> generate_rsa(const Session& session, const TokenKeyId& id) {
  constexpr ByteArray<3> f4{1, 0, 1};
  Template public_key = token_object(id);
  public_key.add(CKA_PRIVATE, yes).add(CKA_ENCRYPT, yes).add(CKA_VERIFY, no).add(CKA_WRAP, no);
  public_key.add(CKA_MODULUS_BITS, rsa_bits).add_bytes(CKA_PUBLIC_EXPONENT, f4);
  Template private_key = token_object(id);
  keep_on_token(private_key).add(CKA_SIGN, no).add(CKA_UNWRAP, no);
  auto of_public = public_key.get();
  auto of_private = private_key.get();
  CK_MECHANISM mechanism{CKM_RSA_PKCS_KEY_PAIR_GEN, nullptr, 0};
  CK_OBJECT_HANDLE made_public = 0;
  CK_OBJECT_HANDLE made_private = 0;
  TRY_DO(
      check(session.functions().C_GenerateKeyPair(session.get(), &mechanism, of_public.data(), of_public.size(),
                                                  of_private.data(), of_private.size(), &made_public, &made_private)));
  return made_private;
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

// Modules answer a wrong tag with anything; what says that the token itself is in trouble is kept apart.
Error opening_error(CK_RV code) {
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
  if (code != CKR_OK) return tl::unexpected(opening_error(code));
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
  // AES key wrap alone would do it without binding the slot's place.
  return fail(Code::unsupported, "the token offers neither AES-GCM nor RSA-OAEP");
}

Status generate_token_key(const Session& session, Pkcs11Mechanism mechanism, const TokenKeyId& id) {
  TRY(const CK_OBJECT_HANDLE key,
      mechanism == Pkcs11Mechanism::aes_256_gcm ? generate_aes(session, id) : generate_rsa(session, id));
  Status stays = check_stays_on_token(session, key);
  if (!stays) static_cast<void>(destroy_token_key(session, id));
  return stays;
}

Status destroy_token_key(const Session& session, const TokenKeyId& id) {
  for (const CK_OBJECT_CLASS object_class : {CKO_SECRET_KEY, CKO_PRIVATE_KEY, CKO_PUBLIC_KEY}) {
    const auto found = find_object(session, object_class, id);
    if (!found && found.error().code == Code::key_missing) continue;
    if (!found) return tl::unexpected(found.error());
    TRY_DO(check(session.functions().C_DestroyObject(session.get(), *found)));
  }
  return {};
}

Result<Bytes> seal_with_token(const Session& session, const TokenKeyId& id, const SlotKey& key,
                              ByteView associated_data) {
  TRY(const CK_OBJECT_HANDLE token_key, find_object(session, CKO_SECRET_KEY, id));
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
  TRY(const CK_OBJECT_HANDLE token_key, find_object(session, CKO_SECRET_KEY, id));
  Bytes nonce(sealed.begin(), sealed.begin() + nonce_size);
  Bytes aad(associated_data.begin(), associated_data.end());
  CK_GCM_PARAMS gcm = gcm_parameters(nonce, aad);
  CK_MECHANISM mechanism{CKM_AES_GCM, &gcm, sizeof gcm};
  return decrypt<SlotKeyTag>(session, mechanism, token_key, sealed.subspan(nonce_size), slot_key_size);
}

Result<Bytes> encrypt_for_token(const Session& session, Pkcs11Mechanism mechanism, const TokenKeyId& id,
                                const WrappingKey& key) {
  TRY(const CK_OBJECT_HANDLE token_key, find_object(session, CKO_PUBLIC_KEY, id));
  CK_RSA_PKCS_OAEP_PARAMS oaep = oaep_parameters(mechanism);
  CK_MECHANISM rsa{CKM_RSA_PKCS_OAEP, &oaep, sizeof oaep};
  return encrypt(session, rsa, token_key, key, rsa_bits / 8);
}

Result<WrappingKey> decrypt_with_token(const Session& session, Pkcs11Mechanism mechanism, const TokenKeyId& id,
                                       ByteView encrypted) {
  TRY(const CK_OBJECT_HANDLE token_key, find_object(session, CKO_PRIVATE_KEY, id));
  CK_RSA_PKCS_OAEP_PARAMS oaep = oaep_parameters(mechanism);
  CK_MECHANISM rsa{CKM_RSA_PKCS_OAEP, &oaep, sizeof oaep};
  return decrypt<WrappingKeyTag>(session, rsa, token_key, encrypted, wrapping_key_size);
}

}  // namespace latchkey::vault
