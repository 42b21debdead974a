#include "http/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <vector>

namespace latchkey::http {
namespace {

constexpr ByteArray<12> v4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// Keeps the first `bits` bits and clears the others.
ByteArray<16> network_of(ByteArray<16> bytes, unsigned bits) {
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned kept = std::clamp(bits, i * 8, i * 8 + 8) - i * 8;
    bytes[i] = static_cast<std::uint8_t>(bytes[i] & (0xff00U >> kept));
  }
  return bytes;
}

std::vector<AddressRange> parse_special_ranges() {
  std::vector<AddressRange> ranges;
  for (const char* text :
       {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"})
    ranges.push_back(AddressRange::parse(text).value());
  return ranges;
}

}  // namespace

Result<Address> Address::parse(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof terminated || text.find('\0') != std::string_view::npos)
    return fail(Code::invalid_format, "IP address");
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';

  ByteArray<16> bytes{};
  if (text.find(':') == std::string_view::npos) {
    std::copy(v4_prefix.begin(), v4_prefix.end(), bytes.begin());
    if (inet_pton(AF_INET, terminated, bytes.data() + 12) == 1) return Address(bytes);
  } else if (inet_pton(AF_INET6, terminated, bytes.data()) == 1) {
    return Address(bytes);
  }
  return fail(Code::invalid_format, "IP address");
}

bool Address::is_v4() const { return std::equal(v4_prefix.begin(), v4_prefix.end(), bytes_.begin()); }

bool Address::is_loopback() const {
  if (is_v4()) return bytes_[12] == 127;
  static constexpr ByteArray<16> loopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return bytes_ == loopback;
}

bool Address::is_public() const {
  // Global unicast is 2000::/3; what is special in it is listed, and all else is not for the internet.
  static const AddressRange unicast_v6 = AddressRange::parse("2000::/3").value();
  static const std::vector<AddressRange> special = parse_special_ranges();
  if (!is_v4() && !unicast_v6.contains(*this)) return false;
  return std::none_of(special.begin(), special.end(), [this](const auto& range) { return range.contains(*this); });
}

Address Address::subscriber() const { return is_v4() ? *this : Address(network_of(bytes_, 64)); }
Address Address::network() const { return Address(network_of(bytes_, is_v4() ? 96 + 24 : 48)); }

std::string to_string(const Address& address) {
  char text[INET6_ADDRSTRLEN];
  const int family = address.is_v4() ? AF_INET : AF_INET6;
  const char* printed = inet_ntop(family, address.bytes().data() + (address.is_v4() ? 12 : 0), text, sizeof text);
  return printed == nullptr ? std::string() : std::string(printed);
}

Result<AddressRange> AddressRange::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  TRY(const Address base, Address::parse(text.substr(0, slash)));
  const unsigned longest = text.find(':') == std::string_view::npos ? 32 : 128;
  unsigned prefix = longest;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (error != std::errc() || end != digits.data() + digits.size() || prefix > longest)
      return fail(Code::invalid_format, "prefix length of an address range");
  }
  prefix += 128 - longest;
  if (network_of(base.bytes(), prefix) != base.bytes())
    return fail(Code::invalid_format, "address range has bits beyond its prefix");
  return AddressRange(base, prefix);
}

bool AddressRange::contains(const Address& address) const {
  return network_of(address.bytes(), prefix_) == base_.bytes();
}

}  // namespace latchkey::http
