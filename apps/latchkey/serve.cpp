// latchkey serve: wiring of the identity server and the release service, from the configuration to the sockets, and its
// orderly end.
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <ctime>

#include "apps/latchkey/commands.h"
#include "apps/latchkey/data_lock.h"
#include "apps/latchkey/served.h"
#include "base/atomic_file.h"
#include "base/log.h"
#include "base/registers.h"
#include "http/client/curl_client.h"
#include "http/server/server.h"
#include "identity/server.h"
#include "identity/signals/delivery_worker.h"
#include "protocol/json_writer.h"
#include "protocol/limits.h"

namespace latchkey::app {

namespace {

constexpr std::chrono::seconds follow_interval{2};
constexpr std::chrono::seconds house_interval{60};
constexpr rlim_t descriptors_besides_connections = 1024;  // databases, files of releases, receivers of events

struct ServeFlags {
  ConfigFlags config;
  bool invites_admin = false;
};

// SIGTERM and SIGINT are waited for by the main thread; every thread started later inherits the block.
sigset_t block_end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  (void)std::signal(SIGPIPE, SIG_IGN);
  (void)std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is a full disk, no reason to die
  return signals;
}

// A connection is a descriptor. Soft limits are 1,024 for the sake of programs with select(2): with as many idle
// connections nobody else would be let in. Returns how many this process may have now.
rlim_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return RLIM_INFINITY;
  const rlim_t before = limit.rlim_cur;
  const rlim_t wanted = protocol::limits::connections + descriptors_besides_connections;
  limit.rlim_cur = std::max(before, std::min(limit.rlim_max, wanted));
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

// As many as there are descriptors for besides the reserve, which is half of very few: clients that keep theirs open
// shall not take those of the database.
std::size_t connections_within(rlim_t descriptors) {
  const rlim_t reserve = std::min(descriptors_besides_connections, descriptors / 2);
  const rlim_t connections = std::min<rlim_t>(protocol::limits::connections, descriptors - reserve);
  if (connections < protocol::limits::connections)
    log::warning("fewer connections than usual: the limit of open files is low",
                 {{"connections", connections}, {"open_files", descriptors}});
  return connections;
}

Result<std::optional<http::TlsOptions>> load_tls(const identity::Config& config) {
  if (!config.tls) return std::nullopt;
  const auto certificate = read_file(config.tls->certificate, protocol::limits::pem_file_bytes);
  if (!certificate) return fail(certificate.error().code, "the file tls_certificate names");
  const auto key = read_file(config.tls->key, protocol::limits::pem_file_bytes);
  if (!key) return fail(key.error().code, "the file tls_key names");
  return http::TlsOptions{std::string(as_text(*certificate)), WipedString(as_text(*key)),
                          config.tls->allows_1_2 ? http::TlsVersions::from_1_2 : http::TlsVersions::only_1_3};
}

Result<http::ServerOptions> server_options(const identity::Config& config) {
  http::ServerOptions options{.address = config.address, .port = config.port, .threads = config.threads};
  TRY(options.tls, load_tls(config));
  options.is_behind_tls_proxy = config.is_behind_proxy;
  for (const std::string& text : config.trusted_proxies) {
    TRY(auto range, http::AddressRange::parse(text));
    options.trusted_proxies.push_back(range);
  }
  options.on_access = http::write_access_to_debug_log;
  return options;
}

// The lines of the files token_file names are tokens: nothing of them is kept but in Secrets.
Result<std::vector<identity::EventReceiver>> load_receivers(const identity::Config& config) {
  std::vector<identity::EventReceiver> receivers;
  for (const identity::EventReceiverConfig& each : config.event_receivers) {
    identity::EventReceiver receiver{each.url, each.audience, {}};
    if (!each.token_file.empty()) {
      const auto file = read_file(each.token_file, protocol::limits::secret_file_bytes);
      if (!file) return fail(file.error().code, "the file token_file of event_receivers names");
      const std::string_view text = as_text(*file);
      receiver.token = identity::EventReceiverToken::copy_of(text.substr(0, text.find_first_of("\r\n")));
    }
    receivers.push_back(std::move(receiver));
  }
  return receivers;
}

// For URLs that others chose. Its time for one try is less than the first retry comes after.
Result<std::unique_ptr<http::CurlClient>> outbound_client(const identity::Config& config) {
  http::CurlOptions options;
  options.connect_timeout = protocol::limits::outbound_connect_time;
  options.total_timeout = protocol::limits::outbound_response_time;
  static_assert(identity::first_retry * 3 / 4 > protocol::limits::outbound_response_time);
  options.max_response_body_bytes = protocol::limits::outbound_response_bytes;
  options.reach = http::Reach::public_only;
  for (const std::string& text : config.outbound_networks) {
    TRY(auto range, http::AddressRange::parse(text));
    options.also_reachable.push_back(range);
  }
  return http::CurlClient::create(std::move(options));
}

// The general sentences of these codes would not tell an operator what to do.
Result<std::unique_ptr<identity::Server>> open_server(sql::Database& db, identity::KeyEncryption encryption,
                                                      const Clock& clock, const identity::Config& config) {
  auto settings = identity::ServerSettings::from(config);
  TRY(settings.event_receivers, load_receivers(config));
  auto server = identity::Server::open(db, std::move(encryption), clock, std::move(settings));
  if (!server && server.error().code == Code::authentication_failed)
    return fail(Code::authentication_failed,
                "the keys in the database were sealed with another key-encryption key; put back the right kek");
  return server;
}

Result<std::unique_ptr<http::Server>> listen(const Served& server, const identity::Config& config,
                                             const http::ServerOptions& options) {
  auto listener = http::Server::start(server.router(), options);
  const std::string where = config.address + " port " + std::to_string(config.port);
  if (!listener && listener.error().code == Code::already_exists)
    return fail(Code::configuration_invalid, "listen: another program has " + where + "; choose another with --listen");
  if (!listener && listener.error().code == Code::permission_denied)
    return fail(Code::configuration_invalid, "listen: this user may not listen on " + where);
  return listener;
}

// As it can be typed where this was started.
std::string this_program() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto near = path.lexically_proximate(std::filesystem::current_path(error));
  return (error || near.string().starts_with("..") ? path : near).string();
}

// The flags with which another command finds this server's data.
std::string data_flags(const identity::Config& config, const ServeFlags& flags) {
  const std::string data = " --data " + config.data.string();
  return (flags.config.file.empty() ? data : " --config " + flags.config.file + data) + " --issuer " + config.issuer;
}

std::string next_steps(const identity::Config& config, const ServeFlags& flags) {
  const std::string program = "\n  " + this_program();
  return "\n\nThen, from another terminal:" + program + " login --issuer " + config.issuer + program +
         " token      (a valid access token, refreshed when needed)" + program + " status" + program + " logout" +
         program + " user add NAME" + data_flags(config, flags) + "   (invites somebody)";
}

// The link that makes an admin is a secret: what holds it is wiped.
void announce(Console& console, const identity::Config& config, const ServeFlags& flags,
              const std::optional<WipedString>& invite) {
  const VectorRegisterGuard registers;
  const DeadStackGuard stack;
  WipedString human(console.bold("Latchkey is ready at " + config.issuer));
  if (config.serves_identity) {
    human.append("\n  discovery  ").append(config.issuer).append("/.well-known/openid-configuration");
    human.append("\n  account    ").append(config.issuer).append("/account");
  }
  if (config.serves_updates) human.append("\n  updates    ").append(config.issuer).append("/updates/{app}");
  human.append("\n  data       ").append(config.data.string());
  WipedString json;
  protocol::json::WipedWriter writer(json);
  writer.begin_object().member("event", "ready").member("issuer", config.issuer).member("data", config.data.string());
  if (invite) {
    human.append(flags.invites_admin ? "\n\nFor another admin: open"
                                     : "\n\nNobody can administer this server yet: open");
    human.append(" this link within 24 hours and choose a name and a password; it works once:\n  ").append(*invite);
    writer.member("invite", std::string_view(*invite));
  }
  writer.end_object();
  if (config.serves_identity) human.append(next_steps(config, flags));
  console.result(human, json);
}

// Until a signal says to end: what is due every few seconds, and every minute.
void wait_for_end(const sigset_t& signals, Served& server) {
  const timespec interval{follow_interval.count(), 0};
  auto since_house = std::chrono::seconds(0);
  for (;;) {
    if (sigtimedwait(&signals, nullptr, &interval) > 0) return;
    server.follow_changes();
    since_house += follow_interval;
    if (since_house < house_interval) continue;
    since_house = std::chrono::seconds(0);
    server.keep_house();
  }
}

Result<std::optional<WipedString>> make_invite(identity::Server* server, const ServeFlags& flags) {
  if (server == nullptr) return std::nullopt;
  if (!flags.invites_admin) return server->invite_first_admin();
  TRY(WipedString link, server->invite_admin());
  return link;
}

// Null when it is switched off.
Result<std::unique_ptr<identity::Server>> open_identity(sql::Database& db, const Clock& clock,
                                                        const identity::Config& config) {
  if (!config.serves_identity) return nullptr;
  TRY(auto encryption, open_key_encryption(config, db));
  return open_server(db, std::move(encryption), clock, config);
}

std::unique_ptr<identity::DeliveryWorker> start_deliveries(identity::Server* server, http::Client& outbound) {
  if (server == nullptr) return nullptr;
  return std::make_unique<identity::DeliveryWorker>(
      [server, &outbound](const std::stop_token& stop) { return server->deliver_signals(outbound, stop); });
}

Status serve(Console& console, const ServeFlags& flags) {
  const sigset_t signals = block_end_signals();
  const rlim_t descriptors = raise_descriptor_limit();
  TRY(const identity::Config config, load_config(flags.config));
  TRY_DO(create_private_folder(config.data));
  TRY(const FileLock lock, lock_data(config.data));
  TRY(http::ServerOptions options, server_options(config));
  options.limits.connections = connections_within(descriptors);
  TRY(const auto db, open_database(config));
  const SystemClock clock;
  TRY(auto opened, open_identity(*db, clock, config));
  TRY(const auto server, Served::open(config, *db, clock, std::move(opened)));
  TRY(auto invite, make_invite(server->identity(), flags));
  TRY(const auto listener, listen(*server, config, options));
  TRY(const auto outbound, outbound_client(config));
  auto deliveries = start_deliveries(server->identity(), *outbound);
  announce(console, config, flags, invite);
  invite.reset();  // not for as long as the server runs
  wait_for_end(signals, *server);
  deliveries.reset();
  console.say("Ending: requests under way are answered, new ones refused.");
  server->announce_end();
  listener->stop();
  db->stop();
  return {};
}

}  // namespace

void add_serve(CLI::App& app, Console& console) {
  auto flags = std::make_shared<ServeFlags>();
  CLI::App* command = app.add_subcommand(
      "serve",
      "Run the identity server (OAuth 2.1, OpenID Connect) and the release service; works without any configuration");
  add_data_flags(*command, flags->config);
  add_server_flags(*command, flags->config);
  command->add_flag("--invite", flags->invites_admin,
                    "Print a one-time link for another admin, also when there is one");
  command->footer(
      "SIGTERM ends it in order. With a certificate of its own, or behind a proxy that has one:\n"
      "  latchkey serve --listen 0.0.0.0:443 --issuer https://id.example.com --tls-cert chain.pem --tls-key key.pem\n"
      "  latchkey serve --issuer https://id.example.com --behind-proxy");
  command->callback([&console, flags] { console.finish(serve(console, *flags)); });
}

}  // namespace latchkey::app
