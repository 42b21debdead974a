#include "crypto/aead.h"

#include <openssl/evp.h>

#include "crypto/context_pool.h"
#include "crypto/random.h"

namespace latchkey::crypto {
namespace {

using openssl::must;

enum class Direction : int { open = 0, seal = 1 };

}  // namespace

// The key stays beside the contexts because each thread that comes by needs one of its own.
struct Aead::Core {
  Core(AeadAlgorithm chosen, ByteView bytes) : algorithm(chosen), key(Key::copy_of(bytes)) {}

  using Key = Secret<struct AeadKeyTag>;
  using Context = openssl::Owned<evp_cipher_ctx_st>;

  Context make_context(Direction direction) const {
    Context context(EVP_CIPHER_CTX_new());
    must(context != nullptr);
    must(EVP_CipherInit_ex2(context.get(), openssl::cipher_algorithm(algorithm), key.reveal().data(), nullptr,
                            static_cast<int>(direction), nullptr) == 1);
    return context;
  }

  AeadAlgorithm algorithm;
  Key key;
  ContextPool<evp_cipher_ctx_st> sealing{[this] { return make_context(Direction::seal); }};
  ContextPool<evp_cipher_ctx_st> opening{[this] { return make_context(Direction::open); }};
};

namespace {

// Direction and key are kept; only the nonce is new.
void begin(EVP_CIPHER_CTX* context, ByteView nonce, ByteView associated_data) {
  int written = 0;
  must(EVP_CipherInit_ex2(context, nullptr, nullptr, nonce.data(), -1, nullptr) == 1);
  if (associated_data.empty()) return;
  must(EVP_CipherUpdate(context, nullptr, &written, associated_data.data(), static_cast<int>(associated_data.size())) ==
       1);
}

void transform(EVP_CIPHER_CTX* context, ByteView in, MutableBytes out) {
  if (in.empty()) return;
  int written = 0;
  must(EVP_CipherUpdate(context, out.data(), &written, in.data(), static_cast<int>(in.size())) == 1);
  must(static_cast<std::size_t>(written) == in.size());
}

bool finish(EVP_CIPHER_CTX* context) {
  std::uint8_t rest[EVP_MAX_BLOCK_LENGTH];
  int written = 0;
  return EVP_CipherFinal_ex(context, rest, &written) == 1 && written == 0;
}

Status check_sizes(ByteView nonce, std::size_t plaintext, ByteView associated_data) {
  if (nonce.size() != Aead::nonce_size) return fail(Code::invalid_argument, "the nonce is not of 12 bytes");
  if (plaintext > Aead::max_plaintext || associated_data.size() > Aead::max_plaintext)
    return fail(Code::input_too_large, "more than 16 MiB in one piece");
  return {};
}

}  // namespace

Aead::Aead(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Aead::~Aead() = default;
Aead::Aead(Aead&&) noexcept = default;
Aead& Aead::operator=(Aead&&) noexcept = default;

Result<Aead> Aead::create(AeadAlgorithm algorithm, ByteView key) {
  if (key.size() != key_size) return fail(Code::invalid_argument, "the key is not of 32 bytes");
  if (algorithm != AeadAlgorithm::aes_256_gcm && algorithm != AeadAlgorithm::chacha20_poly1305)
    return fail(Code::invalid_argument, "not an AEAD algorithm");
  return Aead(std::make_unique<Core>(algorithm, key));
}

AeadAlgorithm Aead::algorithm() const { return core_->algorithm; }

Result<Bytes> Aead::seal(ByteView plaintext, ByteView associated_data) const {
  if (plaintext.size() > max_plaintext) return fail(Code::input_too_large, "more than 16 MiB in one piece");
  Bytes sealed(plaintext.size() + overhead);
  const MutableBytes nonce = MutableBytes(sealed).first(nonce_size);
  fill_random(nonce);
  TRY_DO(seal_into(nonce, plaintext, associated_data, MutableBytes(sealed).subspan(nonce_size)));
  return sealed;
}

Result<WipedBytes> Aead::open(ByteView sealed, ByteView associated_data) const {
  if (sealed.size() < overhead) return fail(Code::authentication_failed);
  if (sealed.size() - overhead > max_plaintext) return fail(Code::input_too_large, "more than 16 MiB in one piece");
  WipedBytes plaintext(sealed.size() - overhead);
  TRY_DO(open_into(sealed.first(nonce_size), sealed.subspan(nonce_size), associated_data, plaintext));
  return plaintext;
}

Status Aead::seal_into(ByteView nonce, ByteView plaintext, ByteView associated_data, MutableBytes out) const {
  TRY_DO(check_sizes(nonce, plaintext.size(), associated_data));
  if (out.size() != plaintext.size() + tag_size) return fail(Code::invalid_argument, "output size");
  const auto context = core_->sealing.lend();
  begin(context.get(), nonce, associated_data);
  transform(context.get(), plaintext, out);
  must(finish(context.get()));
  must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, out.last(tag_size).data()) == 1);
  return {};
}

Status Aead::open_into(ByteView nonce, ByteView sealed, ByteView associated_data, MutableBytes out) const {
  if (sealed.size() < tag_size) return fail(Code::authentication_failed);
  TRY_DO(check_sizes(nonce, sealed.size() - tag_size, associated_data));
  if (out.size() != sealed.size() - tag_size) return fail(Code::invalid_argument, "output size");
  const openssl::ErrorQueueGuard guard;
  const auto context = core_->opening.lend();
  begin(context.get(), nonce, associated_data);
  ByteArray<tag_size> tag;  // always the full length: OpenSSL would compare as few bytes as it is given
  std::copy_n(sealed.last(tag_size).begin(), tag_size, tag.begin());
  must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) == 1);
  transform(context.get(), sealed.first(out.size()), out);
  if (finish(context.get())) return {};
  secure_wipe(out);
  return fail(Code::authentication_failed);
}

}  // namespace latchkey::crypto
