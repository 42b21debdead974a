#include "vault/key_stores/pkcs11_ec_keys.h"

#include <algorithm>
#include <array>

#include "vault/key_stores/pkcs11_objects.h"

namespace latchkey::vault {
namespace {

using crypto::P256Public;
using crypto::SharedSecret;
using pkcs11::check;
using pkcs11::Session;

constexpr std::size_t p256_field_size = 32;
// CKA_EC_PARAMS: the object identifier of prime256v1, in DER (RFC 5480 section 2.1.1.1).
constexpr ByteArray<10> p256_curve{0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
// CKA_EC_POINT: an OCTET STRING in DER around the point (PKCS#11 2.40, mechanisms, section 2.3.3).
constexpr ByteArray<2> octet_string_of_point{0x04, 0x41};

// At most `room` bytes. Fails: unsupported (not there, or larger).
Result<Bytes> read_attribute(const Session& session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                             std::size_t room) {
  Bytes value(room);
  CK_ATTRIBUTE attribute{type, value.data(), value.size()};
  const CK_RV code = session.functions().C_GetAttributeValue(session.get(), object, &attribute, 1);
  if (code != CKR_OK || attribute.ulValueLen > room)
    return fail(Code::unsupported, "the token's key is not as asked for");
  value.resize(attribute.ulValueLen);
  return value;
}

// A secret of the session's, gone when this goes.
class DerivedKey final {
 public:
  DerivedKey(const Session& session, CK_OBJECT_HANDLE key) : session_(session), key_(key) {}
  ~DerivedKey() { session_.functions().C_DestroyObject(session_.get(), key_); }
  DerivedKey(const DerivedKey&) = delete;
  DerivedKey& operator=(const DerivedKey&) = delete;

  Result<SharedSecret> read() const {
    auto secret = SharedSecret::zeroed(p256_field_size);
    CK_ATTRIBUTE value{CKA_VALUE, secret.reveal_to_write().data(), secret.size()};
    const CK_RV code = session_.functions().C_GetAttributeValue(session_.get(), key_, &value, 1);
    if (code != CKR_OK) return tl::unexpected(token_opening_error(code));
    if (value.ulValueLen != p256_field_size) return fail(Code::authentication_failed, "PKCS#11 slot: size");
    return secret;
  }

 private:
  const Session& session_;
  CK_OBJECT_HANDLE key_;
};

// It never is an object of the token, and is used up at once.
TokenTemplate derived_secret() {
  TokenTemplate secret;
  secret.add(CKA_CLASS, CK_OBJECT_CLASS{CKO_SECRET_KEY}).add(CKA_KEY_TYPE, CK_KEY_TYPE{CKK_GENERIC_SECRET});
  secret.add(CKA_TOKEN, token_no).add(CKA_SENSITIVE, token_no).add(CKA_EXTRACTABLE, token_yes);
  secret.add(CKA_VALUE_LEN, CK_ULONG{p256_field_size});
  return secret;
}

}  // namespace

Result<CK_OBJECT_HANDLE> generate_p256(const Session& session, const TokenKeyId& id) {
  TokenTemplate public_key = token_object(id);
  public_key.add(CKA_VERIFY, token_no).add_bytes(CKA_EC_PARAMS, p256_curve);
  TokenTemplate private_key = token_object(id);
  keep_on_token(private_key).add(CKA_DERIVE, token_yes).add(CKA_SIGN, token_no);
  return generate_pair(session, CKM_EC_KEY_PAIR_GEN, public_key, private_key);
}

Result<P256Public> read_token_point(const Session& session, const TokenKeyId& id) {
  TRY(const CK_OBJECT_HANDLE key, find_token_object(session, CKO_PUBLIC_KEY, id));
  TRY(const Bytes curve, read_attribute(session, key, CKA_EC_PARAMS, p256_curve.size()));
  P256Public point{};
  TRY(const Bytes told, read_attribute(session, key, CKA_EC_POINT, octet_string_of_point.size() + point.size()));
  ByteView raw = told;  // some tokens leave the OCTET STRING away
  if (raw.size() == octet_string_of_point.size() + point.size() &&
      std::ranges::equal(raw.first(octet_string_of_point.size()), octet_string_of_point))
    raw = raw.subspan(octet_string_of_point.size());
  if (!std::ranges::equal(curve, p256_curve) || raw.size() != point.size() || !crypto::check_p256_point(raw))
    return fail(Code::unsupported, "the token's key is not on P-256");
  std::ranges::copy(raw, point.begin());
  return point;
}

Result<SharedSecret> agree_with_token(const Session& session, const TokenKeyId& id, ByteView peer) {
  if (!crypto::check_p256_point(peer)) return fail(Code::authentication_failed, "PKCS#11 slot: not a point of P-256");
  TRY(const CK_OBJECT_HANDLE key, find_token_object(session, CKO_PRIVATE_KEY, id));
  Bytes sent(peer.begin(), peer.end());
  CK_ECDH1_DERIVE_PARAMS ecdh{};
  ecdh.kdf = CKD_NULL;
  ecdh.pPublicData = sent.data();
  ecdh.ulPublicDataLen = sent.size();
  CK_MECHANISM mechanism{CKM_ECDH1_DERIVE, &ecdh, sizeof ecdh};
  TokenTemplate secret = derived_secret();
  auto attributes = secret.get();
  CK_OBJECT_HANDLE derived = 0;
  const CK_RV code =
      session.functions().C_DeriveKey(session.get(), &mechanism, key, attributes.data(), attributes.size(), &derived);
  if (code != CKR_OK) return tl::unexpected(token_opening_error(code));
  return DerivedKey(session, derived).read();
}

}  // namespace latchkey::vault
