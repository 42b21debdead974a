#include "crypto/openssl_keys.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace latchkey::crypto::openssl {
namespace {

Owned<evp_pkey_ctx_st> new_context(const Key& key) {
  Owned<evp_pkey_ctx_st> context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  must(context != nullptr);
  return context;
}

}  // namespace

Result<Key> parse_pkcs8(ByteView der) {
  if (der.size() > max_key_der_size) return fail(Code::invalid_format, "too long for a private key");
  const ErrorQueueGuard guard;
  const std::uint8_t* at = der.data();
  const Owned<pkcs8_priv_key_info_st> info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size())));
  if (!info || at != der.data() + der.size()) return fail(Code::invalid_format, "not a PKCS#8 private key");
  Key key(EVP_PKCS82PKEY(info.get()), Free{});
  if (!key) return fail(Code::invalid_format, "not a PKCS#8 private key of a known kind");
  return key;
}

Result<PrivateKeyDer> print_pkcs8(const Key& key) {
  const ErrorQueueGuard guard;
  const Owned<pkcs8_priv_key_info_st> info(EVP_PKEY2PKCS8(key.get()));
  const int size = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr) : -1;
  if (size <= 0) return fail(Code::crypto_failed, "the private key cannot be exported");
  auto der = PrivateKeyDer::zeroed(static_cast<std::size_t>(size));
  std::uint8_t* to = der.reveal_to_write().data();
  must(i2d_PKCS8_PRIV_KEY_INFO(info.get(), &to) == size);
  return der;
}

Result<Key> public_key_from(const char* type, ossl_param_st* parameters) {
  const ErrorQueueGuard guard;
  const Owned<evp_pkey_ctx_st> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  must(context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* made = nullptr;
  const int outcome = EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters);
  Key key(made, Free{});
  if (outcome != 1) return fail(Code::invalid_argument, "not a valid public key");
  return key;
}

ContextPool<evp_pkey_ctx_st>::Make make_signing_context(Key key, Configure configure) {
  return [key = std::move(key), configure] {
    auto context = new_context(key);
    must(EVP_PKEY_sign_init(context.get()) == 1);
    configure(context.get());
    return context;
  };
}

ContextPool<evp_pkey_ctx_st>::Make make_verifying_context(Key key, Configure configure) {
  return [key = std::move(key), configure] {
    auto context = new_context(key);
    must(EVP_PKEY_verify_init(context.get()) == 1);
    configure(context.get());
    return context;
  };
}

}  // namespace latchkey::crypto::openssl
