// Links: vault
// The input as a presence statement, as the payload of one that is signed properly, and as the record of a signing key.
#include "crypto/signature.h"
#include "protocol/jose/jws.h"
#include "protocol/presence_statement.h"
#include "tests/fuzz/property.h"
#include "vault/signing_keys/vault_signing_keys.h"

using namespace latchkey;
using fuzz::holds;

namespace {

const Instant now = from_unix_seconds(1'700'000'000);

const crypto::SigningKey& key() {
  static const auto generated = crypto::SigningKey::generate(crypto::SignatureAlgorithm::es256);
  return *generated;
}

protocol::PresenceExpectation expectation() {
  return {.purpose = "pay",
          .challenge = "0123456789abcdef",
          .origin = "org.example.app",
          .minimum_strength = protocol::PresenceStrength::weak};
}

void check_payload(std::string_view payload) {
  static const protocol::jose::JwsSigner signer(key(), {.typ = "latchkey-presence+jwt", .kid = {}});
  const auto parsed = protocol::parse_presence_payload(payload);
  if (parsed) {
    holds(protocol::check_presence_statement(*parsed).has_value(), "what is read is within the bounds");
    holds(protocol::parse_presence_payload(protocol::print_presence_payload(*parsed)) == *parsed, "printing settles");
  }
  const auto text = signer.sign(payload);
  const auto verified = protocol::verify_presence_statement(*text, key().verifying_key(), expectation(), now);
  holds(!verified || parsed, "nothing is accepted that is not a statement");
  if (!verified) return;
  holds(verified->purpose == "pay" && verified->challenge == "0123456789abcdef", "only what was expected");
  holds(verified->method != protocol::PresenceMethod::scripted, "and no scripted presence");
  holds(verified->key_bound || verified->strength == protocol::PresenceStrength::weak, "strength has a reason");
}

void check_record(ByteView data) {
  const auto record = vault::parse_signing_key_record(data);
  if (!record) return;
  const auto printed = vault::print_signing_key_record(*record);
  holds(as_text(printed.reveal()) == as_text(data), "a record has one form");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  holds(!protocol::verify_presence_statement(text, key().verifying_key(), expectation(), now),
        "nobody else can sign one");
  if (size < 4096) check_payload(text);
  check_record({data, size});
  return 0;
}
