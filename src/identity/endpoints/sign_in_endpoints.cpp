#include "identity/endpoints/sign_in_endpoints.h"

#include "http/server/cached_body.h"
#include "identity/endpoints/browser.h"
#include "identity/pages/style.h"
#include "protocol/routes.h"

namespace latchkey::identity {

namespace {

using http::Method;
using SignInEndpoint = Answer (*)(SignInService&, const http::Request&);

// A plain function, so that the coroutine's frame holds its arguments and not the handler that called it.
http::Task<http::Response> run(std::shared_ptr<SignInService> service, SignInEndpoint endpoint,
                               const http::Request& request) {
  auto answer = co_await endpoint(*service, request);
  co_return answer_or_error_page(std::move(answer));
}

http::Handler handler(std::shared_ptr<SignInService> service, SignInEndpoint endpoint) {
  return [service = std::move(service), endpoint](const http::Request& request) {
    return run(service, endpoint, request);
  };
}

http::Task<http::Response> send(std::shared_ptr<const http::CachedBody> body, const http::Request& request) {
  co_return body->respond_to(request);
}

http::Handler style_sheet_handler() {
  constexpr std::chrono::seconds max_age = std::chrono::hours(1);
  auto body = std::make_shared<const http::CachedBody>(
      http::CachedBody::create(std::string(style_sheet()), "text/css; charset=utf-8", max_age));
  return [body = std::move(body)](const http::Request& request) { return send(body, request); };
}

http::Task<http::Response> lead_to_account(const http::Request&) {
  co_return http::redirect_response(protocol::routes::account);
}

}  // namespace

void add_sign_in_endpoints(http::Router& router, std::shared_ptr<SignInService> service) {
  namespace routes = protocol::routes;
  const auto add = [&](Method method, std::string_view path, SignInEndpoint endpoint) {
    router.add(method, std::string(path), handler(service, endpoint));
  };
  add(Method::get, routes::authorize, get_authorize);
  add(Method::post, routes::authorize, post_authorize);
  add(Method::get, routes::sign_in, get_sign_in);
  add(Method::post, routes::sign_in, post_sign_in);
  add(Method::post, routes::consent, post_consent);
  add(Method::get, routes::invite, get_invite);
  add(Method::post, routes::invite, post_invite);
  add(Method::get, routes::end_session, get_end_session);
  add(Method::post, routes::end_session, post_end_session);
  router.add(Method::get, std::string(routes::home), lead_to_account);
  add(Method::get, routes::account, get_account);
  add(Method::post, routes::account_password, post_account_password);
  add(Method::post, routes::account_end_session, post_account_end_session);
  add(Method::post, routes::account_sign_out_everywhere, post_account_sign_out_everywhere);
  router.add(Method::get, std::string(routes::style_sheet), style_sheet_handler());
}

}  // namespace latchkey::identity
