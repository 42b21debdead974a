// GET and POST /authorize (RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2), and the consent that may follow.
#include "crypto/digest.h"
#include "identity/endpoints/browser.h"
#include "identity/endpoints/page_response.h"
#include "identity/endpoints/sign_in_endpoints.h"
#include "identity/grants/authorization_code.h"
#include "identity/login/authorization_step.h"
#include "identity/login/checked_authorization.h"
#include "identity/login/consents.h"
#include "identity/login/form_token.h"
#include "identity/pages/pages.h"
#include "identity/tokens/id_token.h"
#include "protocol/limits.h"
#include "protocol/routes.h"
#include "protocol/uri.h"

namespace latchkey::identity {

namespace {

// How long a sign-in counts as made for the request that asked for it.
constexpr std::chrono::seconds fresh_for{60};

http::Response redirect_to(std::string_view location) {
  http::Response response = http::redirect_response(location);
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("Referrer-Policy", "no-referrer");
  return response;
}

http::Response refuse(const SignInService& service, const CheckedAuthorization& checked, const Error& error) {
  return redirect_to(refusal_location(checked, error, service.settings.issuer));
}

std::string host_of(std::string_view uri) {
  const auto parsed = protocol::uri::Uri::parse(uri);
  return parsed ? parsed->host().empty() ? parsed->scheme() : parsed->host() : "";
}

bool is_fresh(const BrowserSession& session, const CheckedAuthorization& checked, Instant now) {
  return session.fresh_request == crypto::sha256(as_bytes(checked.canonical)) &&
         now - session.authenticated_at <= fresh_for;
}

// Fails: id_token_invalid.
Result<bool> hint_names_other(const SignInService& service, const CheckedAuthorization& checked,
                              const std::optional<BrowserSession>& session) {
  if (!checked.id_token_hint) return false;
  TRY(const IdTokenClaims claims,
      verify_id_token_hint(*checked.id_token_hint, service.settings.issuer, *service.deps.keys.current()));
  return session && session->user != claims.subject;
}

AuthorizationGrant make_grant(const CheckedAuthorization& checked, const BrowserSession& session) {
  const auto& request = checked.request;
  return {.client = checked.client->id,
          .user = session.user,
          .session = session.id,
          .redirect_uri = request.redirect_uri.value_or(""),
          .code_challenge = request.code_challenge,
          .key_thumbprint = request.dpop_jkt.value_or(""),
          .scope = request.scope.print(),
          .resource = request.resource.value_or(""),
          .nonce = std::string(request.nonce.value_or(WipedString())),
          .authenticated_at = session.authenticated_at};
}

// Fails: login_required when the session ended since it was loaded.
Result<protocol::oauth::AuthorizationCode> write_code(sql::Transaction& tx, const CheckedAuthorization& checked,
                                                      const BrowserSession& session, Instant now) {
  TRY(const bool is_there, is_session_there(tx, session));
  if (!is_there) return fail(Code::login_required, "the user must sign in");
  if (session.fresh_request) TRY_DO(clear_fresh_request(tx, session));
  return issue_authorization_code(tx, make_grant(checked, session), now);
}

Result<http::Response> answer_app(const SignInService& service, const CheckedAuthorization& checked,
                                  const Result<protocol::oauth::AuthorizationCode>& code) {
  if (code) return redirect_to(code_location(checked, *code, service.settings.issuer));
  if (code.error().code == Code::login_required) return refuse(service, checked, code.error());
  return tl::unexpected(code.error());
}

http::Response show_sign_in(const SignInService& service, const http::Request& request,
                            const CheckedAuthorization& checked) {
  const WipedString flow = find_or_make_flow(service, request);
  const FormBinding binding{"sign-in", flow, checked.canonical};
  const SignInPage page{
      .form = {make_form_token(service.deps.secrets.form_tokens(), binding, service.now()), checked.canonical},
      .login_name = checked.request.login_hint.value_or(""),
      .client_name = checked.client->name,
      .errors = {}};
  http::Response response = page_response(200, sign_in_page(page), {{checked.redirect_uri}});
  set_flow_cookie(service, response, flow);
  return response;
}

http::Response show_consent(const SignInService& service, const CheckedAuthorization& checked,
                            const BrowserSession& session) {
  const ConsentPage page{
      .form = {session_form_token(service, session, "consent", checked.canonical), checked.canonical},
      .client_name = checked.client->name,
      .login_name = session.login_name,
      .redirect_host = host_of(checked.redirect_uri),
      .scopes = checked.request.scope.names()};
  return page_response(200, consent_page(page), {{checked.redirect_uri}});
}

Error refusal_of(AuthorizationStep step) {
  if (step == AuthorizationStep::refuse_consent_required)
    return {Code::consent_required, "the user has not allowed it"};
  return {Code::login_required, "the user must sign in"};
}

// The step for this browser, now.
http::Task<Result<AuthorizationStep>> next_step(SignInService& service, const CheckedAuthorization& checked,
                                                const std::optional<BrowserSession>& session) {
  AuthorizationFacts facts{.request = checked.request, .now = service.now(), .authenticated_at = {}};
  CO_TRY(facts.hint_names_other, hint_names_other(service, checked, session));
  facts.is_first_party = checked.client->is_first_party;
  if (session) {
    facts.is_signed_in = true;
    facts.authenticated_at = session->authenticated_at;
    facts.is_fresh = is_fresh(*session, checked, facts.now);
    auto read = [&](sql::Transaction& tx) {
      return has_consent(tx, session->user, checked.client->id, checked.request.scope);
    };
    if (!facts.is_first_party) {
      CO_TRY(facts.has_consent, co_await service.deps.db.read(read));
    }
  }
  co_return next_step(facts);
}

}  // namespace

Answer get_authorize(SignInService& service, const http::Request& request) {
  CO_TRY(const auto query, protocol::form::Form::parse(request.query));
  CO_TRY(const CheckedAuthorization checked, check_authorization(query, service.deps.clients));
  if (checked.refusal) co_return refuse(service, checked, *checked.refusal);
  CO_TRY(const auto session, co_await load_session(service, request));
  const auto step = co_await next_step(service, checked, session);
  if (!step && step.error().code == Code::id_token_invalid)
    co_return refuse(service, checked, {Code::invalid_request, "id_token_hint is not valid"});
  if (!step) co_return tl::unexpected(step.error());
  switch (*step) {
    case AuthorizationStep::ask_sign_in:
      co_return show_sign_in(service, request, checked);
    case AuthorizationStep::ask_consent:
      co_return show_consent(service, checked, *session);
    case AuthorizationStep::issue_code:
      break;
    default:
      co_return refuse(service, checked, refusal_of(*step));
  }
  const Instant now = service.now();
  auto work = [&](sql::Transaction& tx) { return write_code(tx, checked, *session, now); };
  const auto code = co_await service.deps.db.write(work);
  co_return answer_app(service, checked, code);
}

// Turned into the GET, because browsers leave SameSite=Lax cookies out of a POST that comes from another site.
Answer post_authorize(SignInService&, const http::Request& request) {
  if (!request.query.empty()) co_return fail(Code::invalid_request, "parameters in both URL and body");
  CO_TRY(const auto form, protocol::form::Form::parse(request.body, protocol::limits::uri_bytes));
  protocol::form::Writer query;
  for (std::size_t i = 0; i < form.size(); ++i) query.add(form.name_at(i), form.value_at(i));
  WipedString location(protocol::routes::authorize);
  location += "?";
  location += query.take();
  co_return redirect_to(location);
}

Answer post_consent(SignInService& service, const http::Request& request) {
  CO_TRY(const auto form, read_own_form(service, request));
  CO_TRY(const auto session, co_await load_session(service, request));
  if (!session) co_return fail(Code::access_denied, "nobody is signed in");
  const std::string_view query_text = form.find("request").value_or("");
  CO_TRY_DO(check_session_form(service, form, *session, "consent", query_text));
  CO_TRY(const auto query, protocol::form::Form::parse(query_text));
  CO_TRY(const CheckedAuthorization checked, check_authorization(query, service.deps.clients));
  if (checked.refusal) co_return refuse(service, checked, *checked.refusal);

  const std::string_view token = form.find("form_token").value_or("");
  const bool is_allowed = form.find("decision") == "allow";
  const Instant now = service.now();
  auto work = [&](sql::Transaction& tx) -> Result<protocol::oauth::AuthorizationCode> {
    TRY_DO(use_form_token_once(tx, token, now));
    if (!is_allowed) return protocol::oauth::AuthorizationCode();
    TRY_DO(store_consent(tx, session->user, checked.client->id, checked.request.scope, now));
    return write_code(tx, checked, *session, now);
  };
  const auto code = co_await service.deps.db.write(work);
  if (code && !is_allowed) co_return refuse(service, checked, {Code::access_denied, "the user said no"});
  co_return answer_app(service, checked, code);
}

}  // namespace latchkey::identity
