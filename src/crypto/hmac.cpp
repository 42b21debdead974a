#include "crypto/hmac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "crypto/constant_time.h"
#include "crypto/context_pool.h"

namespace latchkey::crypto {
namespace {

using openssl::must;
using Context = openssl::Owned<evp_mac_ctx_st>;

Context keyed_context(ByteView key, const char* digest) {
  Context context(EVP_MAC_CTX_new(openssl::hmac_algorithm()));
  must(context != nullptr);
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(digest), 0),
      OSSL_PARAM_construct_end()};
  static constexpr std::uint8_t nothing = 0;  // OpenSSL reads a null key as "the key set before"
  must(EVP_MAC_init(context.get(), key.empty() ? &nothing : key.data(), key.size(), parameters) == 1);
  return context;
}

template <class Tag>
Tag tag_of(EVP_MAC_CTX* context, ByteView data) {
  Tag tag;
  std::size_t size = 0;
  must(EVP_MAC_update(context, data.data(), data.size()) == 1);
  must(EVP_MAC_final(context, tag.data(), &size, tag.size()) == 1 && size == tag.size());
  return tag;
}

}  // namespace

struct HmacKey::Core {
  explicit Core(ByteView key) : original(keyed_context(key, "SHA2-256")) {}

  Context original;
  ContextPool<evp_mac_ctx_st> contexts{[this] {
    Context copy(EVP_MAC_CTX_dup(original.get()));
    must(copy != nullptr);
    return copy;
  }};
};

HmacKey::HmacKey(ByteView key) : core_(std::make_unique<Core>(key)) {}
HmacKey::~HmacKey() = default;
HmacKey::HmacKey(HmacKey&&) noexcept = default;
HmacKey& HmacKey::operator=(HmacKey&&) noexcept = default;

HmacTag HmacKey::sign(ByteView data) const {
  const auto context = core_->contexts.lend();
  must(EVP_MAC_init(context.get(), nullptr, 0, nullptr) == 1);
  return tag_of<HmacTag>(context.get(), data);
}

bool HmacKey::verify(ByteView data, ByteView tag) const { return equal(sign(data), tag); }

HmacTag hmac_sha256(ByteView key, ByteView data) { return tag_of<HmacTag>(keyed_context(key, "SHA2-256").get(), data); }

HmacSha1Tag hmac_sha1(ByteView key, ByteView data) {
  return tag_of<HmacSha1Tag>(keyed_context(key, "SHA1").get(), data);
}

}  // namespace latchkey::crypto
