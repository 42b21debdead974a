// How a server is run: from flags first, then a TOML file, then defaults that are safe on their own. A key nobody knows
// stops the start. Documented in docs/configuration.md, which a test compares with this list.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "identity/tokens/refresh_rules.h"

namespace latchkey::identity {

// One of the tables [[event_receivers]] of the file: who is pushed an event when a session ends.
struct EventReceiverConfig {
  std::string url;
  std::string audience;    // `aud` of the events; empty: the URL's origin
  std::string token_file;  // its first line is sent as bearer token; empty: none
};

// What was said, in the file or by flags; nothing is checked yet.
struct ConfigValues {
  std::optional<std::string> data;             // folder of database, keys and lock
  std::optional<std::string> listen;           // "127.0.0.1:8080", "[::1]:8080"
  std::optional<std::string> issuer;           // "https://id.example.com"
  std::optional<std::string> tls_certificate;  // PEM file, leaf first
  std::optional<std::string> tls_key;          // PEM file
  std::optional<bool> tls_1_2;                 // also accept TLS 1.2
  std::optional<bool> behind_proxy;            // a proxy speaks TLS for us
  std::optional<std::vector<std::string>>
      trusted_proxies;                  // whose X-Forwarded-For is believed: addresses or CIDR blocks
  std::optional<std::string> database;  // "postgresql://..." without a password; default: SQLite in `data`
  std::optional<std::string> database_password_file;  // its first line is the password
  std::optional<std::int64_t> threads;
  std::optional<std::string> access_token_lifetime;   // "5m"
  std::optional<std::string> refresh_token_idle;      // "30d"
  std::optional<std::string> refresh_token_lifetime;  // "180d"
  std::optional<std::string> refresh_grace;           // "120s": how long a lost answer may be asked for again
  std::optional<bool> refresh_strict;                 // rule 3c-strict of docs/refresh.md
  std::optional<std::string> refresh_bound_rotation;  // "never", "when_old", "every_use"
  std::optional<std::string> session_idle;            // "1h"
  std::optional<std::string> session_lifetime;        // "24h"
  std::optional<bool> require_dpop_nonce;
  std::optional<bool> identity;                               // serve sign-in and tokens; default: yes
  std::optional<bool> updates;                                // serve apps' releases; default: yes
  std::optional<std::vector<std::string>> outbound_networks;  // that logouts and events may go to besides public ones
  std::optional<std::vector<EventReceiverConfig>> event_receivers;
};

// Where the defaults come from; the wiring reads them, tests make them up.
struct Surroundings {
  std::filesystem::path home;            // $HOME
  std::filesystem::path xdg_state_home;  // $XDG_STATE_HOME; empty: ~/.local/state
  unsigned processors = 1;
};

struct TlsFiles {
  std::filesystem::path certificate, key;
  bool allows_1_2 = false;
};

// Complete and consistent.
struct Config {
  std::filesystem::path data;
  std::string address;
  std::uint16_t port = 0;
  std::string issuer;
  std::optional<TlsFiles> tls;
  bool is_behind_proxy = false;
  std::vector<std::string> trusted_proxies;
  std::string database;  // empty: SQLite in `data`
  std::optional<std::filesystem::path> database_password_file;
  unsigned threads = 1;
  std::chrono::seconds access_token_lifetime{};
  std::chrono::seconds refresh_token_idle{};
  std::chrono::seconds refresh_token_lifetime{};
  std::chrono::seconds refresh_grace{};
  bool is_refresh_strict = false;
  BoundRotation refresh_bound_rotation = BoundRotation::when_old;
  std::chrono::seconds session_idle{};
  std::chrono::seconds session_lifetime{};
  bool requires_dpop_nonce = false;
  bool serves_identity = true;
  bool serves_updates = true;
  std::vector<std::string> outbound_networks;
  std::vector<EventReceiverConfig> event_receivers;
};

// Fails: configuration_invalid, naming the line and the key, with the nearest key there is.
Result<ConfigValues> parse_config_file(std::string_view toml);
std::vector<std::string_view> config_keys();

// `flags` win over `file`. Fails: configuration_invalid, naming the key: plain http on other than loopback without a
// proxy, an issuer that clients could not trust, halves of pairs, times out of bounds.
Result<Config> resolve_config(const ConfigValues& flags, const ConfigValues& file, const Surroundings& surroundings);

// "90s", "5m", "1h", "30d". Fails: configuration_invalid.
Result<std::chrono::seconds> parse_duration(std::string_view text);

// The one of `known` that `word` was most likely meant to be; empty when none is near.
std::string_view nearest_word(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace latchkey::identity
