// Links: publish
// Keys and signatures in the forms others write them: DER, PEM, TUF key objects, the text of content keys. What is
// accepted has one form and is printed as it was read. Every parser gets the input.
#include "crypto/key_agreement.h"
#include "crypto/signature.h"
#include "protocol/release/tuf/pem.h"
#include "protocol/release/tuf/tuf_key.h"
#include "publish/keys/content_key_file.h"
#include "publish/keys/private_pem.h"
#include "tests/fuzz/property.h"

using namespace latchkey;
using crypto::SignatureAlgorithm;
using fuzz::holds;

namespace {

constexpr SignatureAlgorithm algorithms[] = {SignatureAlgorithm::es256, SignatureAlgorithm::ed25519,
                                             SignatureAlgorithm::rs256, SignatureAlgorithm::ps256};

bool is_same(ByteView a, ByteView b) { return std::ranges::equal(a, b); }

void check_signature(ByteView bytes) {
  if (const auto raw = crypto::parse_ecdsa_der(bytes))
    holds(is_same(*crypto::to_ecdsa_der(*raw), bytes), "a signature in DER has one form");
  const auto der = crypto::to_ecdsa_der(bytes);
  holds(der.has_value() == (bytes.size() == 64), "64 bytes are R and S");
  if (!der) return;
  const auto raw = crypto::parse_ecdsa_der(*der);
  holds(raw && is_same(*raw, bytes), "and come back");
}

void check_public_key(ByteView der) {
  int taken = 0;
  for (const SignatureAlgorithm algorithm : algorithms) {
    const auto key = crypto::VerifyingKey::from_spki(algorithm, der);
    if (!key) continue;
    holds(is_same(key->to_spki(), der), "a public key has one form");
    holds(!key->verify(der, ByteView(der).first(std::min<std::size_t>(der.size(), 64))), "nobody signed that");
    if (algorithm != SignatureAlgorithm::ps256) ++taken;
  }
  holds(taken <= 1, "a key is of one kind");
  const auto point = crypto::parse_p256_spki(der);
  holds(!point || is_same(ByteView(der).last(65), *point), "the point is the last of it");
}

void check_private_key(ByteView der) {
  for (const SignatureAlgorithm algorithm : algorithms) {
    const auto key = crypto::SigningKey::from_pkcs8(algorithm, der);
    if (!key) continue;
    const auto signature = key->sign(der);
    holds(signature && key->verifying_key().verify(der, signature->view()).has_value(), "its halves belong together");
    const auto again = key->to_pkcs8();
    holds(again && crypto::SigningKey::from_pkcs8(algorithm, *again).has_value(), "what is printed is read");
  }
}

void check_pem(std::string_view text) {
  const auto is_form_of = [text](std::string_view printed) {
    return text == printed || text == printed.substr(0, printed.size() - 1);
  };
  if (const auto spki = protocol::tuf::parse_public_key_pem(text)) {
    holds(is_form_of(protocol::tuf::print_public_key_pem(*spki)), "a public key's PEM has one form");
    check_public_key(*spki);
  }
  if (const auto der = publish::parse_private_pem(text)) {
    holds(is_form_of(publish::print_private_pem(der->reveal()).reveal_text()), "a private key's PEM has one form");
    check_private_key(der->reveal());
  }
}

void check_key_object(std::string_view text) {
  const auto object = protocol::json::parse_object(text);
  const auto key = object ? protocol::tuf::TufKey::from(*object) : fail(Code::invalid_format);
  if (!key) return;
  const auto reread = protocol::json::parse_object(key->json());
  const auto again = reread ? protocol::tuf::TufKey::from(*reread) : fail(Code::invalid_format);
  holds(again && *again == *key && again->json() == key->json(), "a key keeps its id");
}

void check_content_key(std::string_view text) {
  const auto key = publish::parse_content_key(text);
  if (!key) return;
  const WipedString printed = publish::print_content_key(*key);
  holds(text == printed || text == printed + "\n", "a content key has one form");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  const std::string_view text = fuzz::text_of(data, size);
  check_signature(bytes);
  check_public_key(bytes);
  check_private_key(bytes);
  check_pem(text);
  check_key_object(text);
  check_content_key(text);
  return 0;
}
