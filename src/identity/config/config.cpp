#include "identity/config/config.h"

#include <charconv>

#include "http/address.h"
#include "protocol/limits/identity.h"
#include "protocol/uri.h"

namespace latchkey::identity {

namespace {

using std::chrono::seconds;
constexpr std::string_view default_listen = "127.0.0.1:8080";

tl::unexpected<Error> wrong(std::string_view key, std::string_view why) {
  return fail(Code::configuration_invalid, std::string(key) + ": " + std::string(why));
}

template <class T>
std::optional<T> choose(const ConfigValues& flags, const ConfigValues& file, std::optional<T> ConfigValues::* member) {
  return flags.*member ? flags.*member : file.*member;
}

Result<std::filesystem::path> choose_data(const std::optional<std::string>& given, const Surroundings& surroundings) {
  if (given && !given->empty()) return std::filesystem::absolute(*given).lexically_normal();
  if (!surroundings.xdg_state_home.empty()) return surroundings.xdg_state_home / "latchkey";
  if (surroundings.home.empty()) return wrong("data", "no folder given and no home folder; use --data");
  return surroundings.home / ".local/state/latchkey";
}

struct ListenAddress {
  std::string address;
  std::uint16_t port = 0;
  bool is_loopback = false;
};

Result<ListenAddress> parse_listen(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong("listen", "give address and port, for example 127.0.0.1:8080");
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  ListenAddress endpoint{std::string(host), 0, false};
  const std::string_view port = text.substr(colon + 1);
  const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (problem != std::errc() || end != port.data() + port.size() || endpoint.port == 0)
    return wrong("listen", "the port is a number from 1 to 65535");
  const auto address = http::Address::parse(host);
  if (!address) return wrong("listen", "the address is an IP address, for example 127.0.0.1 or [::]");
  endpoint.is_loopback = address->is_loopback();
  return endpoint;
}

std::string default_issuer(const ListenAddress& endpoint, bool has_tls) {
  const bool is_v6 = endpoint.address.find(':') != std::string::npos;
  const std::string host = is_v6 ? "[" + endpoint.address + "]" : endpoint.address;
  return (has_tls ? "https://" : "http://") + host + ":" + std::to_string(endpoint.port);
}

Status check_issuer(std::string_view issuer) {
  TRY_DO(protocol::uri::check_issuer(issuer));
  TRY(const auto uri, protocol::uri::Uri::parse(issuer));
  if (uri.origin() != issuer)
    return fail(Code::configuration_invalid, "give scheme and host only, in lower case, without a path or slash");
  return {};
}

Status check_listen(const Config& config, const ListenAddress& endpoint) {
  if (!endpoint.is_loopback && !config.tls && !config.is_behind_proxy)
    return wrong("listen",
                 "plain http is offered on loopback only: give tls_certificate and tls_key, or say "
                 "behind_proxy = true when a proxy speaks TLS for this server");
  return {};
}

Status check_who_speaks_tls(const Config& config) {
  const bool is_https = config.issuer.starts_with("https://");
  if (config.is_behind_proxy && !is_https)
    return wrong("issuer", "behind a proxy it is the https address browsers use");
  if (is_https && !config.tls && !config.is_behind_proxy)
    return wrong("issuer",
                 "it says https, but nothing here speaks TLS: give tls_certificate and tls_key, or "
                 "behind_proxy = true");
  if (!is_https && config.tls) return wrong("issuer", "it says http, but the server speaks TLS");
  return {};
}

struct Bounds {
  seconds least, most;
};
Result<seconds> choose_duration(const ConfigValues& flags, const ConfigValues& file, std::string_view key,
                                std::optional<std::string> ConfigValues::* member, seconds otherwise, Bounds bounds) {
  const auto text = choose(flags, file, member);
  if (!text) return otherwise;
  const auto parsed = parse_duration(*text);
  if (!parsed) return wrong(key, parsed.error().detail);
  if (*parsed < bounds.least || *parsed > bounds.most) return wrong(key, "out of bounds");
  return *parsed;
}

Status fill_lifetimes(const ConfigValues& flags, const ConfigValues& file, Config& config) {
  using namespace std::chrono_literals;
  using V = ConfigValues;
  TRY(config.access_token_lifetime,
      choose_duration(flags, file, "access_token_lifetime", &V::access_token_lifetime, 5min, {30s, 1h}));
  TRY(config.refresh_token_idle, choose_duration(flags, file, "refresh_token_idle", &V::refresh_token_idle,
                                                 std::chrono::days(30), {5min, std::chrono::days(400)}));
  TRY(config.refresh_token_lifetime, choose_duration(flags, file, "refresh_token_lifetime", &V::refresh_token_lifetime,
                                                     std::chrono::days(180), {5min, std::chrono::days(400)}));
  TRY(config.refresh_grace, choose_duration(flags, file, "refresh_grace", &V::refresh_grace, 120s, {0s, 10min}));
  TRY(config.session_idle,
      choose_duration(flags, file, "session_idle", &V::session_idle, 1h, {2min, std::chrono::days(30)}));
  TRY(config.session_lifetime,
      choose_duration(flags, file, "session_lifetime", &V::session_lifetime, 24h, {5min, std::chrono::days(90)}));
  return {};
}

Status fill_rotation(const ConfigValues& flags, const ConfigValues& file, Config& config) {
  config.is_refresh_strict = choose(flags, file, &ConfigValues::refresh_strict).value_or(false);
  const auto word = choose(flags, file, &ConfigValues::refresh_bound_rotation);
  if (!word) return {};
  for (const auto rotation : {BoundRotation::never, BoundRotation::when_old, BoundRotation::every_use})
    if (*word == name_of(rotation)) {
      config.refresh_bound_rotation = rotation;
      return {};
    }
  return wrong("refresh_bound_rotation", "never, when_old or every_use");
}

Status fill_tls(const ConfigValues& flags, const ConfigValues& file, Config& config) {
  const auto certificate = choose(flags, file, &ConfigValues::tls_certificate);
  const auto key = choose(flags, file, &ConfigValues::tls_key);
  if (certificate.has_value() != key.has_value())
    return wrong(certificate ? "tls_key" : "tls_certificate", "certificate and key belong together; one is missing");
  if (certificate)
    config.tls = TlsFiles{*certificate, *key, choose(flags, file, &ConfigValues::tls_1_2).value_or(false)};
  return {};
}

Status fill_database(const ConfigValues& flags, const ConfigValues& file, Config& config) {
  config.database = choose(flags, file, &ConfigValues::database).value_or("");
  if (const auto password = choose(flags, file, &ConfigValues::database_password_file))
    config.database_password_file = *password;
  if (config.database.empty()) return {};
  if (!config.database.starts_with("postgresql://") && !config.database.starts_with("postgres://"))
    return wrong("database", "postgresql://user@host/name, or nothing for the embedded database");
  const auto authority = config.database.substr(config.database.find("//") + 2);
  const auto user = authority.substr(0, authority.substr(0, authority.find('/')).rfind('@'));
  if (authority.find('@') != std::string::npos && user.find(':') != std::string::npos)
    return wrong("database", "no password in here; put it into the file database_password_file names");
  if (config.database.find("password=") != std::string::npos)
    return wrong("database", "no password in here; put it into the file database_password_file names");
  return {};
}

Status fill_proxies(const ConfigValues& flags, const ConfigValues& file, Config& config) {
  config.is_behind_proxy = choose(flags, file, &ConfigValues::behind_proxy).value_or(false);
  config.trusted_proxies = choose(flags, file, &ConfigValues::trusted_proxies).value_or(std::vector<std::string>{});
  if (!config.is_behind_proxy && !config.trusted_proxies.empty())
    return wrong("trusted_proxies", "needs behind_proxy = true");
  if (config.is_behind_proxy && config.trusted_proxies.empty()) config.trusted_proxies = {"127.0.0.1", "::1"};
  for (const std::string& range : config.trusted_proxies)
    if (!http::AddressRange::parse(range)) return wrong("trusted_proxies", "addresses or blocks such as 10.0.0.0/8");
  return {};
}

Status fill_receiver(EventReceiverConfig receiver, Config& config) {
  if (const Status fine = protocol::uri::check_service_url(receiver.url); !fine)
    return wrong("event_receivers", "url: " + fine.error().detail);
  for (const EventReceiverConfig& other : config.event_receivers)
    if (other.url == receiver.url) return wrong("event_receivers", "two with the same url");
  TRY(const auto uri, protocol::uri::Uri::parse(receiver.url));
  if (receiver.audience.empty()) receiver.audience = uri.origin();
  config.event_receivers.push_back(std::move(receiver));
  return {};
}

Status fill_signals(const ConfigValues& flags, const ConfigValues& file, Config& config) {
  config.outbound_networks = choose(flags, file, &ConfigValues::outbound_networks).value_or(std::vector<std::string>{});
  for (const std::string& network : config.outbound_networks)
    if (!http::AddressRange::parse(network)) return wrong("outbound_networks", "addresses or blocks like 10.0.0.0/8");
  const auto receivers =
      choose(flags, file, &ConfigValues::event_receivers).value_or(std::vector<EventReceiverConfig>{});
  if (receivers.size() > protocol::limits::event_receivers) return wrong("event_receivers", "16 at most");
  for (const EventReceiverConfig& receiver : receivers) TRY_DO(fill_receiver(receiver, config));
  return {};
}

}  // namespace

Result<seconds> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (problem == std::errc() && count >= 0 && count <= 1'000'000) {
    if (unit == "s") return seconds(count);
    if (unit == "m") return std::chrono::minutes(count);
    if (unit == "h") return std::chrono::hours(count);
    if (unit == "d") return std::chrono::days(count);
  }
  return fail(Code::configuration_invalid, "write times as 90s, 5m, 1h or 30d");
}

Result<Config> resolve_config(const ConfigValues& flags, const ConfigValues& file, const Surroundings& surroundings) {
  Config config;
  TRY(config.data, choose_data(choose(flags, file, &ConfigValues::data), surroundings));
  TRY(ListenAddress endpoint,
      parse_listen(choose(flags, file, &ConfigValues::listen).value_or(std::string(default_listen))));
  TRY_DO(fill_tls(flags, file, config));
  TRY_DO(fill_proxies(flags, file, config));
  TRY_DO(fill_database(flags, file, config));
  TRY_DO(fill_lifetimes(flags, file, config));
  TRY_DO(fill_rotation(flags, file, config));
  TRY_DO(fill_signals(flags, file, config));
  config.issuer = choose(flags, file, &ConfigValues::issuer).value_or(default_issuer(endpoint, config.tls.has_value()));
  TRY_DO(check_listen(config, endpoint));
  if (const Status fine = check_issuer(config.issuer); !fine) return wrong("issuer", to_string(fine.error()));
  TRY_DO(check_who_speaks_tls(config));
  const std::int64_t threads = choose(flags, file, &ConfigValues::threads).value_or(surroundings.processors);
  if (threads < 1 || threads > 256) return wrong("threads", "1 to 256");
  config.threads = static_cast<unsigned>(threads);
  config.requires_dpop_nonce = choose(flags, file, &ConfigValues::require_dpop_nonce).value_or(false);
  config.serves_identity = choose(flags, file, &ConfigValues::identity).value_or(true);
  config.serves_updates = choose(flags, file, &ConfigValues::updates).value_or(true);
  if (!config.serves_identity && !config.serves_updates) return wrong("updates", "identity and updates are both off");
  config.address = std::move(endpoint.address);
  config.port = endpoint.port;
  return config;
}

}  // namespace latchkey::identity
