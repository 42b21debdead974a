// Objects on a PKCS#11 token, as slots make and find them. Inside the PKCS#11 key store only.
#pragma once

#include <vector>

#include "vault/key_stores/pkcs11_keys.h"

namespace latchkey::vault {

inline constexpr CK_BBOOL token_yes = CK_TRUE;
inline constexpr CK_BBOOL token_no = CK_FALSE;

// The attributes of one object; values are copied, so that it can be made of constants.
class TokenTemplate final {
 public:
  template <class Value>
  TokenTemplate& add(CK_ATTRIBUTE_TYPE type, const Value& value) {
    const auto* const at = reinterpret_cast<const std::uint8_t*>(&value);
    return add_bytes(type, {at, sizeof value});
  }
  TokenTemplate& add_bytes(CK_ATTRIBUTE_TYPE type, ByteView bytes) {
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

// What all of a slot's objects have in common.
TokenTemplate token_object(const TokenKeyId& id);
// What makes a key stay on the token; what it is fit for comes on top.
TokenTemplate& keep_on_token(TokenTemplate& object);
// A new pair; its private key.
Result<CK_OBJECT_HANDLE> generate_pair(const pkcs11::Session& session, CK_MECHANISM_TYPE type,
                                       TokenTemplate& public_key, TokenTemplate& private_key);
// Fails: key_missing.
Result<CK_OBJECT_HANDLE> find_token_object(const pkcs11::Session& session, CK_OBJECT_CLASS object_class,
                                           const TokenKeyId& id);
// A token may overrule a template; a key that can leave it is not what was asked for. Fails: unsupported.
Status check_stays_on_token(const pkcs11::Session& session, CK_OBJECT_HANDLE key);
// Modules answer a wrong tag or point with anything; what says that the token itself is in trouble is kept apart.
Error token_opening_error(CK_RV code);

}  // namespace latchkey::vault
