#include "identity/endpoints/oauth_endpoints.h"

#include "identity/endpoints/oauth_service.h"
#include "identity/tokens/refresh_token_keys.h"
#include "protocol/oauth/metadata.h"
#include "protocol/routes.h"

namespace latchkey::identity {
namespace routes = protocol::routes;
namespace {

constexpr auto discovery_max_age = std::chrono::hours(1);

http::CachedBody make_discovery(const std::string& issuer) {
  return http::CachedBody::create(print_metadata(protocol::oauth::metadata_of_latchkey(issuer)), "application/json",
                                  discovery_max_age);
}

using OAuthEndpoint = http::Task<http::Response> (*)(OAuthService&, const http::Request&);

http::Handler make_handler(std::shared_ptr<OAuthService> service, OAuthEndpoint endpoint) {
  return [service = std::move(service), endpoint](const http::Request& request) { return endpoint(*service, request); };
}

http::Task<http::Response> answer_jwks(OAuthService& service, const http::Request& request) {
  co_return service.issuer.signing_keys().current()->jwks.respond_to(request);
}

http::Task<http::Response> answer_discovery(OAuthService& service, const http::Request& request) {
  co_return service.discovery.respond_to(request);
}

}  // namespace

OAuthService::OAuthService(OAuthDependencies dependencies, const OAuthSettings& settings, RefreshTokenKeys refresh_keys)
    : db(dependencies.db),
      clock(dependencies.clock),
      clients(dependencies.clients),
      rotation(settings.rotation),
      issuer({settings.issuer, settings.access_token_lifetime}, std::move(refresh_keys), dependencies.keys),
      dpop(settings.requires_dpop_nonce ? NonceRequirement::required : NonceRequirement::optional, clock),
      discovery(make_discovery(settings.issuer)),
      status_lists(dependencies.db, dependencies.keys, settings.issuer),
      token_url(url_of(routes::token)),
      userinfo_url(url_of(routes::userinfo)),
      events_url(url_of(routes::events)) {}

Result<std::shared_ptr<OAuthService>> make_oauth_service(OAuthDependencies dependencies,
                                                         const OAuthSettings& settings) {
  TRY(auto keys, load_refresh_token_keys(dependencies.db, dependencies.encryption, dependencies.clock.now()));
  return std::make_shared<OAuthService>(dependencies, settings, std::move(keys));
}

void add_oauth_endpoints(http::Router& router, std::shared_ptr<OAuthService> service) {
  using http::Method;
  const auto add = [&](Method method, std::string_view path, OAuthEndpoint endpoint, http::RouteOptions options = {}) {
    router.add(method, std::string(path), make_handler(service, endpoint), std::move(options));
  };
  const http::RouteOptions for_anybody{.cors = http::Cors::any_origin()};
  add(Method::get, routes::openid_configuration, answer_discovery, for_anybody);
  add(Method::get, routes::oauth_metadata, answer_discovery, for_anybody);
  add(Method::get, routes::jwks, answer_jwks, for_anybody);
  add(Method::get, routes::status_lists, answer_status_list_aggregation, for_anybody);
  router.add_pattern(Method::get, std::string(routes::status_list), make_handler(service, answer_status_list),
                     for_anybody);
  add(Method::post, routes::token, answer_token);
  add(Method::post, routes::revoke, answer_revoke);
  add(Method::post, routes::introspect, answer_introspect);
  add(Method::get, routes::userinfo, answer_userinfo);
  add(Method::post, routes::userinfo, answer_userinfo);
  add(Method::get, routes::events, answer_events);
  for (const Method method : {Method::get, Method::put, Method::delete_})
    router.add_pattern(method, std::string(routes::vault_checkpoint), make_handler(service, answer_vault_checkpoint),
                       {.max_body_bytes = protocol::limits::checkpoint_body});
}

}  // namespace latchkey::identity
