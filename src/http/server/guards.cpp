#include "http/server/guards.h"
#include "http/field_text.h"

#include <optional>

namespace latchkey::http {
namespace {

struct Line {
  std::string_view name;
  std::string_view value;
};

constexpr std::array<Line, 8> table{{
    {"Cache-Control", "no-store"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
    {"Strict-Transport-Security", "max-age=63072000; includeSubDomains"},  // over https only (RFC 6797 section 7.2)
}};

void print(const Line& line, auto& to) { to.append(line.name).append(": ").append(line.value).append("\r\n"); }

// Walks one field's list from its end; stops at the first address that is no trusted proxy. False: stop altogether.
bool walk_back(std::string_view list, Address& client, std::span<const AddressRange> trusted) {
  while (true) {
    const std::size_t comma = list.rfind(',');
    const auto entry = Address::parse(trim(comma == list.npos ? list : list.substr(comma + 1)));
    if (!entry) return false;
    client = *entry;
    if (!is_in(client, trusted)) return false;
    if (comma == list.npos) return true;
    list = list.substr(0, comma);
  }
}

}  // namespace

SecurityHeaders::SecurityHeaders(Reached reached)
    : count_(reached == Reached::over_https ? table.size() : table.size() - 1) {
  for (std::size_t i = 0; i < count_; ++i) print(table[i], all_lines_);
}

unsigned SecurityHeaders::missing_from(const Headers& headers) const {
  unsigned missing = (1U << count_) - 1;
  for (const auto field : headers)
    for (std::size_t i = 0; i < count_; ++i)
      if (is_same_name(field.name, table[i].name)) missing &= ~(1U << i);
  return missing;
}

void SecurityHeaders::print_missing(const Headers& headers, WipedString& to) const {
  const unsigned missing = missing_from(headers);
  if (missing == (1U << count_) - 1) {
    to.append(all_lines_);
    return;
  }
  for (std::size_t i = 0; i < count_; ++i)
    if ((missing & (1U << i)) != 0) print(table[i], to);
}

void SecurityHeaders::add_missing(Headers& headers) const {
  const unsigned missing = missing_from(headers);
  for (std::size_t i = 0; i < count_; ++i)
    if ((missing & (1U << i)) != 0) headers.add(table[i].name, table[i].value);
}

bool is_in(const Address& address, std::span<const AddressRange> ranges) {
  for (const AddressRange& range : ranges)
    if (range.contains(address)) return true;
  return false;
}

Address client_address(const Address& peer, const Headers& headers, std::span<const AddressRange> trusted_proxies) {
  Address client = peer;
  if (!is_in(peer, trusted_proxies)) return client;
  for (std::size_t i = headers.size(); i-- > 0;) {
    const auto field = headers[i];
    if (is_same_name(field.name, "x-forwarded-for") && !walk_back(field.value, client, trusted_proxies)) break;
  }
  return client;
}

bool ConnectionCounter::enter(const Address& peer, Exempt exempt) {
  const std::lock_guard lock(mutex_);
  if (total_ >= total_limit_) return false;
  if (exempt == Exempt::no) {
    std::size_t& count = by_subscriber_[peer.subscriber()];
    if (count >= address_limit_) {
      if (count == 0) by_subscriber_.erase(peer.subscriber());
      return false;
    }
    ++count;
  }
  ++total_;
  return true;
}

void ConnectionCounter::leave(const Address& peer, Exempt exempt) {
  const std::lock_guard lock(mutex_);
  --total_;
  if (exempt != Exempt::no) return;
  const auto at = by_subscriber_.find(peer.subscriber());
  if (at != by_subscriber_.end() && --at->second == 0) by_subscriber_.erase(at);
}

std::size_t ConnectionCounter::total() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

}  // namespace latchkey::http
