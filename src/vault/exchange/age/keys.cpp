#include "vault/exchange/age/keys.h"

#include <algorithm>

#include "protocol/limits/vault.h"
#include "vault/exchange/age/bech32.h"

namespace latchkey::vault::age {
namespace {

constexpr std::string_view recipient_prefix = "age";
constexpr std::string_view identity_prefix = "age-secret-key-";
constexpr std::size_t key_size = 32;

// Whoever agrees with a point of low order gets zeroes, and anybody could open the file.
bool is_low_order(const Recipient& recipient) { return !Identity::generate().agree(recipient); }

}  // namespace

Result<Recipient> parse_recipient(std::string_view text) {
  const auto parsed = parse_bech32(text);
  if (!parsed || parsed->is_upper_case || parsed->prefix != recipient_prefix || parsed->bytes.size() != key_size)
    return fail(Code::invalid_argument, "not a recipient of age (age1...)");
  Recipient recipient;
  std::copy(parsed->bytes.begin(), parsed->bytes.end(), recipient.begin());
  if (is_low_order(recipient)) return fail(Code::invalid_argument, "a recipient of low order");
  return recipient;
}

std::string print_recipient(const Recipient& recipient) {
  const WipedString text = to_bech32(recipient_prefix, recipient);
  return {text.begin(), text.end()};
}

Result<Identity> parse_identity(std::string_view text) {
  const auto parsed = parse_bech32(text);
  if (!parsed || !parsed->is_upper_case || parsed->prefix != identity_prefix || parsed->bytes.size() != key_size)
    return fail(Code::invalid_format, "not an identity of age (AGE-SECRET-KEY-1...)");
  return Identity::from_private(parsed->bytes);
}

WipedString print_identity(const Identity& identity) {
  WipedString text = to_bech32(identity_prefix, identity.reveal_private());
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

Result<std::vector<Identity>> parse_identity_file(std::string_view text) {
  if (text.size() > protocol::limits::age_identity_file_bytes) return fail(Code::input_too_large, "identity file");
  std::vector<Identity> identities;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    auto identity = parse_identity(line);
    if (!identity) return fail(Code::invalid_format, "identity file, line " + std::to_string(number));
    if (identities.size() == protocol::limits::age_identities)
      return fail(Code::input_too_large, "more than 64 identities");
    identities.push_back(*std::move(identity));
  }
  if (identities.empty()) return fail(Code::invalid_format, "no identity in the file");
  return identities;
}

}  // namespace latchkey::vault::age
