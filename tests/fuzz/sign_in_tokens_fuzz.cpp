// Links: identity
// Values the identity server gave out and gets back from anybody: form tokens and DPoP nonces. Nothing passes but what
// it made itself, unchanged, for what it was made for.
#include "identity/checks/dpop_nonces.h"
#include "identity/login/form_token.h"
#include "tests/fuzz/property.h"

using namespace latchkey;
using namespace latchkey::identity;
using fuzz::holds;

namespace {

const Instant now = from_unix_seconds(1'700'000'000);
const FormBinding binding{"sign-in", "browser", "request"};

// The one at `at` becomes another character of base64url, so that the form stays whole.
std::string altered(std::string text, std::size_t at, std::uint8_t by) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  char& c = text[at % text.size()];
  c = alphabet[(alphabet.find(c) + 1 + by % 63) % 64];
  return text;
}

void check_form_tokens(std::string_view text, std::uint8_t by) {
  static const crypto::HmacKey key(Bytes(32, 7));
  holds(!check_form_token(key, text, binding, now), "nobody makes a token without the key");
  const std::string ours(make_form_token(key, binding, now));
  holds(check_form_token(key, ours, binding, now).has_value(), "ours passes");
  holds(!check_form_token(key, altered(ours, text.size(), by), binding, now), "altered it does not");
  holds(!check_form_token(key, ours, {"consent", "browser", "request"}, now), "nor for another form");
  const std::string other(text);
  holds(other == binding.request || !check_form_token(key, ours, {"sign-in", "browser", other}, now),
        "nor for another request");
  // What is bound is framed: no two bindings may read the same one after another.
  const FormBinding shifted{"sign-in", "browserre", "quest"};
  holds(!check_form_token(key, ours, shifted, now), "nor for one that only reads alike");
  holds(!check_form_token(key, ours, binding, now + std::chrono::hours(1)), "nor for ever");
}

void check_nonces(const std::string& text, std::uint8_t by) {
  static ManualClock clock(now);
  static const DpopNonces nonces(clock);
  clock.set(now);
  const auto check = [](const std::string& nonce) {
    return nonces.check(nonce, clock.now(), NonceRequirement::required).has_value();
  };
  holds(!check(text), "nobody makes a nonce without the key");
  const std::string ours = nonces.make();
  holds(check(ours), "ours passes");
  holds(!check(altered(ours, text.size(), by)), "altered it does not");
  clock.advance(DpopNonces::lifetime + std::chrono::seconds(1));
  holds(!check(ours), "nor for ever");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const std::uint8_t by = size > 0 ? data[0] : 0;
  check_form_tokens(text, by);
  check_nonces(std::string(text), by);
  return 0;
}
