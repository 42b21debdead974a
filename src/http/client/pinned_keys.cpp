#include "http/client/pinned_keys.h"

#include <algorithm>

#include "base/base64url.h"
#include "crypto/digest.h"

namespace latchkey::http {
namespace {

constexpr std::string_view prefix = "sha256//";
constexpr std::size_t base64_digits = 43;  // of 32 bytes, without the one '='

std::string swap_alphabet(std::string text, std::string_view from, std::string_view to) {
  for (char& c : text)
    if (const auto at = from.find(c); at != std::string_view::npos) c = to[at];
  return text;
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

Result<std::string> join_pins(const HostPins& host) {
  std::vector<KeyPin> pins;
  for (const std::string& text : host.pins) {
    TRY(KeyPin pin, KeyPin::parse(text));
    if (std::find(pins.begin(), pins.end(), pin) == pins.end()) pins.push_back(std::move(pin));
  }
  if (pins.size() < 2)
    return fail(Code::configuration_invalid, "a pinned host needs its key and at least one backup key");
  std::string joined;
  for (const KeyPin& pin : pins) joined += (joined.empty() ? "" : ";") + pin.text();
  return joined;
}

}  // namespace

Result<KeyPin> KeyPin::parse(std::string_view text) {
  const auto malformed = fail(Code::configuration_invalid, "a pin reads sha256// and the base64 of 32 bytes");
  if (text.size() != prefix.size() + base64_digits + 1 || !text.starts_with(prefix) || text.back() != '=')
    return malformed;
  const std::string_view digits = text.substr(prefix.size(), base64_digits);
  if (digits.find_first_of("-_") != std::string_view::npos) return malformed;
  if (!parse_base64url(swap_alphabet(std::string(digits), "+/", "-_"))) return malformed;
  return KeyPin(std::string(text));
}

KeyPin KeyPin::of_public_key(ByteView subject_public_key_info) {
  const auto digest = crypto::sha256(subject_public_key_info);
  return KeyPin(std::string(prefix) + swap_alphabet(to_base64url(digest), "-_", "+/") + "=");
}

Result<PinnedKeys> PinnedKeys::create(const std::vector<HostPins>& hosts) {
  PinnedKeys keys;
  for (const HostPins& host : hosts) {
    if (host.host.empty()) return fail(Code::configuration_invalid, "pins without a host");
    if (!keys.pins_of(host.host).empty()) return fail(Code::configuration_invalid, "a host is pinned twice");
    TRY(std::string joined, join_pins(host));
    keys.hosts_.push_back({to_lower(host.host), std::move(joined)});
  }
  return keys;
}

std::string_view PinnedKeys::pins_of(std::string_view host) const {
  const std::string name = to_lower(host);
  for (const Host& pinned : hosts_)
    if (pinned.name == name) return pinned.pins;
  return {};
}

}  // namespace latchkey::http
