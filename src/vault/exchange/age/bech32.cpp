#include "vault/exchange/age/bech32.h"

#include <algorithm>

#include "protocol/limits.h"

namespace latchkey::vault::age {
namespace {

constexpr std::string_view alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t checksum_size = 6;
constexpr std::size_t max_prefix_size = 83;  // BIP 173

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

class Checksum final {
 public:
  void add(std::uint8_t value) {
    constexpr std::array<std::uint32_t, 5> generator{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    const std::uint32_t top = state_ >> 25;
    state_ = ((state_ & 0x1ffffff) << 5) ^ value;
    for (std::size_t i = 0; i < generator.size(); ++i)
      if (((top >> i) & 1) != 0) state_ ^= generator[i];
  }
  void add_prefix(std::string_view prefix) {
    for (const char c : prefix) add(static_cast<std::uint8_t>(static_cast<unsigned char>(c) >> 5));
    add(0);
    for (const char c : prefix) add(static_cast<std::uint8_t>(c & 31));
  }
  std::uint32_t state() const { return state_; }

 private:
  std::uint32_t state_ = 1;
};

bool is_printable(char c) { return c >= 0x21 && c <= 0x7e; }

Error broken_bech32() { return {Code::invalid_format, "not a key in Bech32"}; }

// Groups of five bits to bytes; what is left over must be less than a group, and zero.
Result<WipedBytes> join_groups(ByteView groups) {
  WipedBytes bytes;
  bytes.reserve(groups.size() * 5 / 8);
  std::uint32_t window = 0;
  unsigned bits = 0;
  for (const std::uint8_t group : groups) {
    window = (window << 5) | group;
    bits += 5;
    if (bits >= 8) bytes.push_back(static_cast<std::uint8_t>(window >> (bits -= 8)));
    window &= (1U << bits) - 1;
  }
  if (bits >= 5 || window != 0) return tl::unexpected(broken_bech32());
  return bytes;
}

Result<WipedBytes> read_groups(std::string_view text) {
  WipedBytes groups;
  groups.reserve(text.size());
  for (const char c : text) {
    const std::size_t value = alphabet.find(lower(c));
    if (value == std::string_view::npos) return tl::unexpected(broken_bech32());
    groups.push_back(static_cast<std::uint8_t>(value));
  }
  return groups;
}

}  // namespace

WipedString to_bech32(std::string_view prefix, ByteView bytes) {
  WipedString text;
  text.reserve(prefix.size() + 1 + bytes.size() * 8 / 5 + 1 + checksum_size);
  text.append(prefix).push_back('1');
  Checksum checksum;
  checksum.add_prefix(prefix);
  const auto put = [&](std::uint32_t value) {
    checksum.add(static_cast<std::uint8_t>(value & 31));
    text.push_back(alphabet[value & 31]);
  };
  std::uint32_t window = 0;
  unsigned bits = 0;
  for (const std::uint8_t byte : bytes) {
    window = ((window & 0xf) << 8) | byte;
    for (bits += 8; bits >= 5;) put(window >> (bits -= 5));
  }
  if (bits > 0) put(window << (5 - bits));
  for (std::size_t i = 0; i < checksum_size; ++i) checksum.add(0);
  const std::uint32_t sum = checksum.state() ^ 1;
  for (std::size_t i = 0; i < checksum_size; ++i) text.push_back(alphabet[(sum >> (5 * (5 - i))) & 31]);
  return text;
}

Result<Bech32> parse_bech32(std::string_view text) {
  const bool has_lower = std::any_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  const bool has_upper = std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  const std::size_t separator = text.rfind('1');
  if (text.size() > protocol::limits::bech32_bytes || (has_lower && has_upper) ||
      !std::all_of(text.begin(), text.end(), is_printable) || separator == std::string_view::npos || separator == 0 ||
      separator > max_prefix_size || text.size() - separator - 1 < checksum_size)
    return tl::unexpected(broken_bech32());
  Bech32 parsed;
  parsed.is_upper_case = has_upper;
  for (const char c : text.substr(0, separator)) parsed.prefix.push_back(lower(c));
  TRY(const WipedBytes groups, read_groups(text.substr(separator + 1)));
  Checksum checksum;
  checksum.add_prefix(parsed.prefix);
  for (const std::uint8_t group : groups) checksum.add(group);
  if (checksum.state() != 1) return tl::unexpected(broken_bech32());
  TRY(parsed.bytes, join_groups(ByteView(groups).first(groups.size() - checksum_size)));
  return parsed;
}

}  // namespace latchkey::vault::age
