#include "vault/key_stores/recovery_code.h"

#include "base/wiping.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "protocol/limits/vault.h"

namespace latchkey::vault {
namespace {

constexpr std::string_view digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t secret_size = 16;
constexpr std::size_t secret_digits = 25;
constexpr std::size_t group_size = 4;

using Digits = Secret<struct RecoveryDigitsTag>;  // one value below 32 a byte

// Digit `at` of the bits of `bytes`, most significant first; bits beyond the end are 0.
std::uint8_t digit_at(ByteView bytes, std::size_t at) {
  unsigned value = 0;
  for (std::size_t bit = at * 5; bit < at * 5 + 5; ++bit) {
    const unsigned byte = bit / 8 < bytes.size() ? bytes[bit / 8] : 0;
    value = (value << 1) | ((byte >> (7 - bit % 8)) & 1);
  }
  return static_cast<std::uint8_t>(value);
}

void put_digit(MutableBytes bytes, std::size_t at, unsigned value) {
  for (std::size_t i = 0; i < 5; ++i) {
    const std::size_t bit = at * 5 + i;
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] | (((value >> (4 - i)) & 1) << (7 - bit % 8)));
  }
}

// All 28 digits of a code, the check included.
Digits digits_of(const RecoverySecret& secret) {
  auto out = Digits::zeroed(recovery_code_digits);
  auto labelled = Secret<struct RecoveryCheckTag>::copy_of("latchkey/v1/recovery-code/check:................");
  const MutableBytes tail = labelled.reveal_to_write().last(secret_size);
  std::ranges::copy(secret.reveal(), tail.begin());
  auto check = crypto::sha256(labelled.reveal());
  for (std::size_t i = 0; i < recovery_code_digits; ++i)
    out.reveal_to_write()[i] = i < secret_digits ? digit_at(secret.reveal(), i) : digit_at(check, i - secret_digits);
  secure_wipe(check);
  return out;
}

// The digit somebody meant, or 32.
std::uint8_t value_of(std::uint8_t typed) {
  char letter = static_cast<char>(typed >= 'a' && typed <= 'z' ? typed - 'a' + 'A' : typed);
  if (letter == 'O') letter = '0';
  if (letter == 'I' || letter == 'L') letter = '1';
  const std::size_t found = digits.find(letter);
  return static_cast<std::uint8_t>(found == std::string_view::npos ? digits.size() : found);
}

bool is_space(std::uint8_t typed) {
  return typed == ' ' || typed == '-' || typed == '\t' || typed == '\r' || typed == '\n';
}

Result<Digits> read_digits(ByteView typed) {
  if (typed.size() > protocol::limits::typed_recovery_code_bytes)
    return fail(Code::invalid_format, "recovery code: too long");
  auto out = Digits::zeroed(recovery_code_digits);
  std::size_t count = 0;
  for (const std::uint8_t letter : typed) {
    if (is_space(letter)) continue;
    const std::uint8_t value = value_of(letter);
    if (value >= digits.size()) return fail(Code::invalid_format, "recovery code: a letter that is in none");
    if (count == recovery_code_digits) return fail(Code::invalid_format, "recovery code: too long");
    out.reveal_to_write()[count++] = value;
  }
  if (count != recovery_code_digits) return fail(Code::invalid_format, "recovery code: incomplete");
  return out;
}

}  // namespace

RecoverySecret make_recovery_secret() {
  auto secret = crypto::random_secret<RecoverySecretTag>(secret_size);
  secret.reveal_to_write().back() &= 0xf8;
  return secret;
}

RecoveryCode print_recovery_code(const RecoverySecret& secret) {
  const Digits all = digits_of(secret);
  auto code = RecoveryCode::zeroed(recovery_code_digits + recovery_code_digits / group_size - 1);
  std::size_t at = 0;
  for (std::size_t i = 0; i < recovery_code_digits; ++i) {
    if (i != 0 && i % group_size == 0) code.reveal_to_write()[at++] = '-';
    code.reveal_to_write()[at++] = static_cast<std::uint8_t>(digits[all.reveal()[i]]);
  }
  return code;
}

Result<RecoverySecret> parse_recovery_code(ByteView typed) {
  TRY(const Digits read, read_digits(typed));
  auto secret = RecoverySecret::zeroed(secret_size);
  for (std::size_t i = 0; i < secret_digits; ++i) put_digit(secret.reveal_to_write(), i, read.reveal()[i]);
  if (!std::ranges::equal(digits_of(secret).reveal(), read.reveal()))
    return fail(Code::invalid_format, "recovery code: mistyped");
  return secret;
}

}  // namespace latchkey::vault
