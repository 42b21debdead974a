#include "identity/login/form_token.h"

#include "base/base64url.h"
#include "crypto/digest.h"
#include "crypto/random.h"

namespace latchkey::identity {

namespace {

// nonce(8) | expires_at_ms(8) | tag(32)
constexpr std::size_t nonce_size = 8, time_size = 8, tag_size = 32;
constexpr std::size_t token_size = nonce_size + time_size + tag_size;
constexpr std::size_t token_characters = 64;
constexpr std::chrono::minutes lifetime{30};

// Wiped: the browser's cookie is in what is signed.
void add(WipedBytes& to, ByteView bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

template <class Integer>
void add_be(WipedBytes& to, Integer value) {
  Bytes bytes;
  append_be<Integer>(bytes, value);
  add(to, bytes);
}

void append_framed(WipedBytes& to, std::string_view text) {
  add_be<std::uint32_t>(to, static_cast<std::uint32_t>(text.size()));
  add(to, as_bytes(text));
}

WipedBytes signed_text(ByteView head, const FormBinding& binding) {
  WipedBytes text;
  add(text, head);
  append_framed(text, binding.purpose);
  append_framed(text, binding.browser);
  append_framed(text, binding.request);
  return text;
}

}  // namespace

WipedString make_form_token(const crypto::HmacKey& key, const FormBinding& binding, Instant now) {
  WipedBytes token;
  add(token, crypto::random_array<nonce_size>());
  add_be<std::int64_t>(token, to_unix_millis(now + lifetime));
  add(token, key.sign(signed_text(token, binding)));
  return to_wiped_base64url(token);
}

Status check_form_token(const crypto::HmacKey& key, std::string_view token, const FormBinding& binding, Instant now) {
  ByteArray<token_size> bytes{};
  if (binding.browser.empty() || token.size() != token_characters || !parse_base64url_into(token, bytes))
    return fail(Code::access_denied, "the form token is missing");
  const ByteView head = ByteView(bytes).first(nonce_size + time_size);
  if (!key.verify(signed_text(head, binding), ByteView(bytes).last(tag_size)))
    return fail(Code::access_denied, "the form token belongs to another form or browser");
  if (from_unix_millis(read_be<std::int64_t>(head.last(time_size))) <= now)
    return fail(Code::access_denied, "the form is too old");
  return {};
}

Status use_form_token_once(sql::Transaction& tx, std::string_view token, Instant now) {
  TRY(const std::int64_t added,
      tx.execute("INSERT INTO used_forms (token_hash, expires_at) VALUES ($1, $2) ON CONFLICT (token_hash) DO NOTHING",
                 crypto::sha256(as_bytes(token)), now + lifetime));
  if (added == 0) return fail(Code::access_denied, "the form was sent before");
  return {};
}

Status drop_used_form_tokens(sql::Transaction& tx, Instant now) {
  TRY_DO(tx.execute("DELETE FROM used_forms WHERE expires_at <= $1", now));
  return {};
}

}  // namespace latchkey::identity
