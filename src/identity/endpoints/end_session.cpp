// GET and POST /end-session (OpenID Connect RP-Initiated Logout 1.0). Signs out at once when the app proves with an ID
// token that it knows whose session it is; asks otherwise.
#include "protocol/oauth/end_session.h"
#include "identity/endpoints/browser.h"
#include "identity/endpoints/page_response.h"
#include "identity/endpoints/sign_in_endpoints.h"
#include "identity/pages/pages.h"
#include "identity/tokens/family_store.h"
#include "identity/tokens/id_token.h"
#include "protocol/limits.h"
#include "protocol/routes.h"
#include "protocol/uri.h"

namespace latchkey::identity {

namespace {

struct CheckedEndSession {
  std::optional<IdTokenClaims> hint;
  std::optional<WipedString> location;  // the registered page to go on to
  WipedString canonical;
};

// Only what is registered for the client, character for character, is ever redirected to. Fails: invalid_request.
Result<WipedString> next_location(const SignInService& service, const protocol::oauth::EndSessionRequest& request,
                                  std::string_view client_id) {
  const auto client = service.deps.clients.find(client_id);
  if (!client || !client->may_redirect_after_logout_to(*request.post_logout_redirect_uri))
    return fail(Code::invalid_request, "post_logout_redirect_uri is not registered");
  if (!request.state) return WipedString(*request.post_logout_redirect_uri);
  protocol::form::Writer query;
  return protocol::uri::with_query(*request.post_logout_redirect_uri,
                                   query.add("state", std::string_view(*request.state)).take());
}

Result<CheckedEndSession> check(const SignInService& service, const protocol::form::Form& query) {
  TRY(const auto request, protocol::oauth::parse_end_session_request(query));
  CheckedEndSession checked;
  checked.canonical = protocol::oauth::print_end_session_request(request);
  std::string client_id = request.client_id.value_or("");
  if (request.id_token_hint) {
    TRY(checked.hint, verify_id_token_hint(request.id_token_hint->reveal_text(), service.settings.issuer,
                                           *service.deps.keys.current()));
    if (!client_id.empty() && client_id != checked.hint->client.value())
      return fail(Code::invalid_request, "client_id and id_token_hint differ");
    client_id = checked.hint->client.value();
  }
  if (request.post_logout_redirect_uri) {
    TRY(checked.location, next_location(service, request, client_id));
  }
  return checked;
}

http::Response show_signed_out(const SignInService& service, const CheckedEndSession& checked) {
  http::Response response =
      checked.location ? http::redirect_response(*checked.location, 303) : page_response(200, signed_out_page());
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("Referrer-Policy", "no-referrer");
  delete_cookie(service, response, service.cookies.session);
  return response;
}

http::Response ask(const SignInService& service, const BrowserSession& session, const CheckedEndSession& checked) {
  const SignOutPage page{
      .form = {session_form_token(service, session, "end-session", checked.canonical), checked.canonical},
      .login_name = session.login_name};
  FormTargets targets;
  if (checked.location) targets.redirect_uris.emplace_back(*checked.location);
  return page_response(200, sign_out_page(page), targets);
}

// Without a session in the browser the hint still names one: its tokens end, should there be any left.
bool is_proved(const CheckedEndSession& checked, const std::optional<BrowserSession>& session) {
  if (!checked.hint) return false;
  return !session || (session->user == checked.hint->subject && session->id == checked.hint->session);
}

http::Task<Status> sign_out(SignInService& service, const UserId& user, const SessionId& id) {
  const Instant now = service.now();
  auto work = [&](sql::Transaction& tx) { return end_session(tx, user, id, RevocationReason::signed_out, now); };
  co_return co_await service.deps.db.write(work);
}

// The answer of our own page.
Answer confirm(SignInService& service, const http::Request& request) {
  CO_TRY(const auto form, read_own_form(service, request));
  CO_TRY(const auto session, co_await load_session(service, request));
  const std::string_view query_text = form.find("request").value_or("");
  CO_TRY(const auto query, protocol::form::Form::parse(query_text));
  CO_TRY(const CheckedEndSession checked, check(service, query));
  if (!session) co_return show_signed_out(service, checked);
  CO_TRY_DO(check_session_form(service, form, *session, "end-session", query_text));
  CO_TRY_DO(co_await sign_out(service, session->user, session->id));
  co_return show_signed_out(service, checked);
}

}  // namespace

Answer get_end_session(SignInService& service, const http::Request& request) {
  CO_TRY(const auto query, protocol::form::Form::parse(request.query));
  CO_TRY(const CheckedEndSession checked, check(service, query));
  CO_TRY(const auto session, co_await load_session(service, request));
  if (is_proved(checked, session)) {
    CO_TRY_DO(co_await sign_out(service, checked.hint->subject, checked.hint->session));
    co_return show_signed_out(service, checked);
  }
  if (!session) co_return show_signed_out(service, checked);
  co_return ask(service, *session, checked);
}

// From our own page, or from an app: that one becomes the GET, because browsers leave SameSite=Lax cookies out of a
// POST that comes from another site.
Answer post_end_session(SignInService& service, const http::Request& request) {
  CO_TRY(const auto form, protocol::form::Form::parse(request.body));
  if (form.has("form_token")) co_return co_await confirm(service, request);
  CO_TRY(const auto wanted, protocol::oauth::parse_end_session_request(form));
  WipedString location(protocol::routes::end_session);
  location.append("?").append(protocol::oauth::print_end_session_request(wanted));
  if (location.size() > protocol::limits::uri_bytes) co_return fail(Code::input_too_large, "too long for a URL");
  http::Response response = http::redirect_response(location, 303);
  response.headers.set("Cache-Control", "no-store");
  co_return response;
}

}  // namespace latchkey::identity
