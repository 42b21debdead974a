// IP addresses as values: where a request came from, how clients are grouped for limits, and which proxies are trusted.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace latchkey::http {

// An IPv4 or IPv6 address without a port. IPv4 is held as its IPv4-mapped IPv6 form, so both spellings are equal.
class Address final {
 public:
  Address() = default;  // ::, "unspecified"
  explicit Address(const ByteArray<16>& bytes) : bytes_(bytes) {}

  // "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"; no port, no zone, no brackets. Fails: invalid_format.
  static Result<Address> parse(std::string_view text);

  bool is_v4() const;
  bool is_loopback() const;
  // Whether it may belong to somebody on the internet: no private, shared, link-local, loopback, multicast, reserved or
  // documentation address, nor an IPv6 one that wraps IPv4 (IANA's special-purpose registries, RFC 6890).
  bool is_public() const;
  // The address one subscriber is given: itself for IPv4, its /64 network for IPv6. Limits count by this.
  Address subscriber() const;
  // What one organisation, or a part of a large one, is given: the /24 network of IPv4, the /48 of IPv6.
  Address network() const;
  const ByteArray<16>& bytes() const { return bytes_; }

  friend auto operator<=>(const Address&, const Address&) = default;

 private:
  ByteArray<16> bytes_{};
};

std::string to_string(const Address& address);

// A CIDR block: "10.0.0.0/8", "fd00::/8", or one address.
class AddressRange final {
 public:
  // Fails: invalid_format, also when bits beyond the prefix are set.
  static Result<AddressRange> parse(std::string_view text);

  bool contains(const Address& address) const;

 private:
  AddressRange(const Address& base, unsigned prefix) : base_(base), prefix_(prefix) {}

  Address base_;
  unsigned prefix_;  // of 128
};

}  // namespace latchkey::http
