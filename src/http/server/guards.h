// What every connection and every response goes through, whatever the route: security headers, who the client is, how
// many connections it has. Source of the header values: OWASP ASVS 5.0 V3.4.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "base/wiping.h"
#include "http/address.h"
#include "http/headers.h"

namespace latchkey::http {

// The headers a response has unless its handler set its own value for one of them.
class SecurityHeaders final {
 public:
  enum class Reached { over_http, over_https };
  explicit SecurityHeaders(Reached reached);

  // Prints those `headers` lacks as header lines.
  void print_missing(const Headers& headers, WipedString& to) const;
  void add_missing(Headers& headers) const;

 private:
  unsigned missing_from(const Headers& headers) const;

  std::size_t count_;
  std::string all_lines_;  // what nearly every response gets, printed once
};

// The client's address: the peer's, unless the peer is a trusted proxy; then the last address in X-Forwarded-For that
// no trusted proxy could have written itself. A malformed entry ends the search at the proxy that sent it.
Address client_address(const Address& peer, const Headers& headers, std::span<const AddressRange> trusted_proxies);
bool is_in(const Address& address, std::span<const AddressRange> ranges);

// Open connections, in total and per subscriber (IPv6 by /64). Thread-safe.
class ConnectionCounter final {
 public:
  ConnectionCounter(std::size_t total_limit, std::size_t address_limit)
      : total_limit_(total_limit), address_limit_(address_limit) {}

  enum class Exempt { no, from_address_limit };
  // True when one more is allowed, and counts it; then leave() must follow with the same arguments.
  bool enter(const Address& peer, Exempt exempt);
  void leave(const Address& peer, Exempt exempt);

  std::size_t total() const;

 private:
  const std::size_t total_limit_;
  const std::size_t address_limit_;
  mutable std::mutex mutex_;
  std::size_t total_ = 0;
  std::map<Address, std::size_t> by_subscriber_;  // ordered: keys are the attacker's choice, hashing would be too
};

}  // namespace latchkey::http
