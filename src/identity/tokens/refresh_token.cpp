#include "identity/tokens/refresh_token.h"

#include <algorithm>

#include "base/base64url.h"
#include "crypto/constant_time.h"

namespace latchkey::identity {
namespace {

constexpr std::size_t token_bytes = 1 + 16 + 4 + 1 + 24;
constexpr std::size_t token_characters = (token_bytes * 4 + 2) / 3;

// Appends to a buffer on the stack: this runs twice in every refresh.
class Buffer final {
 public:
  void add(ByteView bytes) {
    const std::size_t size = std::min(bytes.size(), bytes_.size() - size_);
    std::copy_n(bytes.begin(), size, bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += size;
  }
  void add_u8(std::uint8_t value) { add(ByteView(&value, 1)); }
  void add_u16(std::uint16_t value) {
    add_u8(static_cast<std::uint8_t>(value >> 8));
    add_u8(static_cast<std::uint8_t>(value));
  }
  void add_u32(std::uint32_t value) {
    add_u16(static_cast<std::uint16_t>(value >> 16));
    add_u16(static_cast<std::uint16_t>(value));
  }
  ByteView view() const { return ByteView(bytes_).first(size_); }

 private:
  ByteArray<512> bytes_;  // 42 + client id (at most 256) + thumbprint (43)
  std::size_t size_ = 0;
};

}  // namespace

Result<ParsedRefreshToken> parse_refresh_token(std::string_view text) {
  if (!text.starts_with(refresh_token_prefix)) return fail(Code::invalid_grant, "not a refresh token");
  text.remove_prefix(refresh_token_prefix.size());
  ByteArray<token_bytes> bytes;
  if (text.size() != token_characters || !parse_base64url_into(text, bytes))
    return fail(Code::invalid_grant, "not a refresh token");

  const ByteView view(bytes);
  ParsedRefreshToken parsed;
  parsed.key_id = view[0];
  std::copy_n(view.begin() + 1, 16, parsed.family.begin());
  parsed.token.generation = read_be<std::uint32_t>(view.subspan(17));
  parsed.token.attempt = view[21];
  std::copy_n(view.begin() + 22, 24, parsed.tag.begin());
  return parsed;
}

void RefreshTokenKeys::add(std::uint8_t key_id, ByteView key) {
  keys_[key_id] = std::make_unique<crypto::HmacKey>(key);
  newest_ = key_id;
}

crypto::HmacTag RefreshTokenKeys::tag(const crypto::HmacKey& key, const Family& family,
                                      PresentedRefreshToken token) const {
  Buffer message;
  message.add(as_bytes("rt1"));
  message.add(family.id);
  message.add_u32(token.generation);
  message.add_u8(token.attempt);
  message.add(family.salt);
  message.add_u16(static_cast<std::uint16_t>(family.client.value().size()));
  message.add(as_bytes(family.client.value()));
  message.add(as_bytes(family.key_thumbprint));
  return key.sign(message.view());
}

WipedString RefreshTokenKeys::issue(const Family& family, PresentedRefreshToken token) const {
  Buffer bytes;
  bytes.add_u8(newest_);
  bytes.add(family.id);
  bytes.add_u32(token.generation);
  bytes.add_u8(token.attempt);
  bytes.add(ByteView(tag(*keys_[newest_], family, token)).first(24));
  WipedString text(refresh_token_prefix);
  append_base64url(text, bytes.view());
  return text;
}

bool RefreshTokenKeys::verify(const ParsedRefreshToken& parsed, const Family& family) const {
  const auto& key = keys_[parsed.key_id];
  if (!key) return false;
  return crypto::equal(parsed.tag, ByteView(tag(*key, family, parsed.token)).first(24));
}

}  // namespace latchkey::identity
