#include "identity/server.h"

#include "base/registers.h"
#include "identity/accounts/account_store.h"
#include "identity/accounts/invites.h"
#include "identity/accounts/password_store.h"
#include "identity/endpoints/sign_in_endpoints.h"
#include "identity/grants/authorization_code.h"
#include "identity/login/form_token.h"
#include "identity/login/remembered_devices.h"
#include "identity/schema.h"
#include "identity/signals/status_index.h"
#include "identity/tokens/family_store.h"
#include "protocol/routes.h"

namespace latchkey::identity {

namespace {

// Each costs some 10 us, during which nobody else writes.
constexpr int families_dropped_at_once = 1000;

Status drop_expired(sql::Transaction& tx, const SessionPolicy& sessions, Instant now) {
  TRY_DO(drop_old_authorization_codes(tx, now));
  TRY_DO(drop_expired_sessions(tx, sessions, now));
  TRY_DO(drop_expired_invites(tx, now));
  TRY_DO(drop_full_buckets(tx, now));
  TRY_DO(drop_ended_tokens(tx, now));
  TRY_DO(drop_old_statuses(tx, now));
  TRY_DO(give_up_old(tx, now));
  TRY_DO(drop_old_devices(tx, now));
  return drop_used_form_tokens(tx, now);
}

http::Task<http::Response> answer_health(const std::atomic<bool>& is_ending) {
  http::Response response = http::text_response(is_ending ? 503 : 200, "text/plain; charset=utf-8",
                                                WipedString(is_ending ? "ending\n" : "ok\n"));
  response.headers.set("Cache-Control", "no-store");
  co_return response;
}

}  // namespace

ServerSettings ServerSettings::from(const Config& config) {
  ServerSettings settings;
  settings.oauth.issuer = settings.sign_in.issuer = config.issuer;
  settings.oauth.access_token_lifetime = config.access_token_lifetime;
  settings.oauth.requires_dpop_nonce = config.requires_dpop_nonce;
  settings.oauth.rotation.idle_lifetime = config.refresh_token_idle;
  settings.oauth.rotation.grace = config.refresh_grace;
  settings.oauth.rotation.is_strict = config.is_refresh_strict;
  settings.oauth.rotation.bound_rotation = config.refresh_bound_rotation;
  settings.oauth.rotation.absolute_lifetime = config.refresh_token_lifetime;
  settings.sign_in.session = {config.session_idle, config.session_lifetime};
  settings.hasher.threads = config.threads;
  return settings;
}

Server::Server(sql::Database& db, KeyEncryption encryption, const Clock& clock, ServerSettings settings)
    : db_(db),
      encryption_(std::move(encryption)),
      clock_(clock),
      settings_(std::move(settings)),
      hasher_(settings_.hasher) {}

Result<std::unique_ptr<Server>> Server::open(sql::Database& db, KeyEncryption encryption, const Clock& clock,
                                             ServerSettings settings) {
  std::unique_ptr<Server> server(new Server(db, std::move(encryption), clock, std::move(settings)));
  TRY_DO(server->start());
  return server;
}

// Or the first attempt at an account with an older hash would take longer than those at names nobody has.
Status Server::expect_stored_hashes() {
  // Kinds of hashes are costs under peppers, and those may change every year.
  static constexpr std::size_t kinds = 64;
  auto look = [](sql::Transaction& tx) { return find_hash_works(tx, kinds); };
  TRY(const auto works, db_.read(look).get());
  for (const crypto::HashWork& work : works) hasher_.expect(work);
  return {};
}

Status Server::start() {
  const Instant now = clock_.now();
  TRY_DO(sql::migrate(db_, schema()));
  TRY(clients_, ClientStore::open(db_, now));
  TRY(keys_, SigningKeys::open(db_, encryption_, settings_.signing_keys, now));
  deliveries_ =
      std::make_unique<Deliveries>(db_, *keys_, clock_, settings_.oauth.issuer, std::move(settings_.event_receivers));
  TRY_DO(deliveries_->announce_receivers());
  TRY(SignInKeys sign_in_keys, SignInKeys::open(db_, encryption_));
  TRY_DO(expect_stored_hashes());
  sign_in_keys_ = std::make_unique<SignInKeys>(std::move(sign_in_keys));
  TRY(auto oauth, make_oauth_service({db_, clock_, *clients_, *keys_, encryption_}, settings_.oauth));
  add_routes(std::move(oauth));
  return {};
}

void Server::add_routes(std::shared_ptr<OAuthService> oauth) {
  add_oauth_endpoints(router_, std::move(oauth));
  const SignInDependencies dependencies{db_, clock_, *clients_, *keys_, hasher_, *sign_in_keys_};
  add_sign_in_endpoints(router_, std::make_shared<SignInService>(dependencies, settings_.sign_in));
  router_.add(http::Method::get, std::string(protocol::routes::health),
              [this](const http::Request&) { return answer_health(is_ending_); });
}

Result<std::optional<WipedString>> Server::invite_first_admin() {
  const VectorRegisterGuard guard;
  const Instant now = clock_.now();
  auto work = [now](sql::Transaction& tx) -> Result<std::optional<WipedString>> {
    TRY(const bool is_there, has_admin(tx));
    if (is_there) return std::nullopt;
    TRY(WipedString secret, create_admin_invite(tx, now));
    return secret;
  };
  TRY(const std::optional<WipedString> secret, db_.write(work).get());
  if (!secret) return std::nullopt;
  return invite_link(settings_.sign_in.issuer, *secret);
}

Result<WipedString> Server::invite_admin() {
  const VectorRegisterGuard guard;
  const Instant now = clock_.now();
  auto work = [now](sql::Transaction& tx) { return create_admin_invite(tx, now); };
  TRY(const WipedString secret, db_.write(work).get());
  return invite_link(settings_.sign_in.issuer, secret);
}

Status Server::follow_changes() { return clients_->refresh_if_changed(); }

Status Server::keep_house() {
  const Instant now = clock_.now();
  TRY_DO(keys_->rotate_if_due(now));
  // Longer than any access token of theirs lives.
  const Instant yesterday = now - std::chrono::days(1);
  auto look = [&](sql::Transaction& tx) { return find_dead_families(tx, yesterday, families_dropped_at_once); };
  TRY(const auto dead, db_.read(look).get());
  auto work = [&](sql::Transaction& tx) -> Status {
    TRY_DO(drop_families(tx, dead, yesterday));
    return drop_expired(tx, settings_.sign_in.session, now);
  };
  return db_.write(work).get();
}

}  // namespace latchkey::identity
