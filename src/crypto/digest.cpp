#include "crypto/digest.h"

#include <openssl/evp.h>

#include "crypto/openssl_handles.h"

namespace latchkey::crypto {
namespace {

using openssl::must;

void begin(EVP_MD_CTX* context) { must(EVP_DigestInit_ex2(context, openssl::sha256_algorithm(), nullptr) == 1); }
void feed(EVP_MD_CTX* context, ByteView data) { must(EVP_DigestUpdate(context, data.data(), data.size()) == 1); }

Sha256Digest end(EVP_MD_CTX* context) {
  Sha256Digest digest;
  must(EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1);
  return digest;
}

EVP_MD_CTX* make_context() {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  must(context != nullptr);
  return context;
}

}  // namespace

Sha256Digest sha256(ByteView data) {
  thread_local const openssl::Owned<evp_md_ctx_st> context(make_context());
  begin(context.get());
  feed(context.get(), data);
  return end(context.get());
}

Sha256::Sha256() : context_(make_context()) { begin(context_.get()); }

void Sha256::update(ByteView data) { feed(context_.get(), data); }

Sha256Digest Sha256::finish() {
  const Sha256Digest digest = end(context_.get());
  begin(context_.get());
  return digest;
}

void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

}  // namespace latchkey::crypto
