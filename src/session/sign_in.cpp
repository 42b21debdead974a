#include "session/sign_in.h"

#include <algorithm>

#include "base/base64url.h"
#include "crypto/random.h"
#include "protocol/form.h"
#include "protocol/oauth/authorization_response.h"
#include "protocol/oauth/pkce.h"
#include "protocol/uri.h"
#include "session/loopback_listener.h"

namespace latchkey::session {
namespace {

namespace oauth = protocol::oauth;

bool has(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// What one sign-in makes up and later expects back.
struct Attempt {
  WipedString state = to_wiped_base64url(crypto::random_array<32>());
  WipedString nonce = to_wiped_base64url(crypto::random_array<32>());
  oauth::PkceVerifier verifier = oauth::make_pkce_verifier(crypto::random_array<32>());
  std::unique_ptr<DpopKey> key;  // null: the issuer has no DPoP
};

Result<Attempt> start_attempt(const oauth::Metadata& server, const Clock& clock, TokenBinding binding) {
  if (!has(server.code_challenge_methods_supported, "S256"))
    return fail(Code::unsupported, "the issuer does not offer PKCE with S256");
  Attempt attempt;
  if (binding == TokenBinding::where_offered && has(server.dpop_signing_alg_values_supported, "ES256")) {
    TRY(attempt.key, DpopKey::generate(clock));
  }
  return attempt;
}

WipedString authorization_url(const oauth::Metadata& server, const std::string& client_id, const Attempt& attempt,
                              const std::string& redirect_uri, const SignInOptions& options) {
  oauth::AuthorizationRequest request;
  request.client_id = client_id;
  request.redirect_uri = redirect_uri;
  request.state = attempt.state;
  request.scope = options.scope;
  request.code_challenge = oauth::pkce_challenge(attempt.verifier);
  request.nonce = attempt.nonce;
  request.prompts = options.prompts;
  request.max_age = options.max_age;
  request.login_hint = options.login_hint;
  request.acr_values = options.acr_values;
  request.resource = options.resource;
  if (attempt.key) request.dpop_jkt = attempt.key->thumbprint();
  return protocol::uri::with_query(server.authorization_endpoint, oauth::print_authorization_request(request));
}

Result<oauth::AuthorizationCode> read_answer(const WipedString& query, const oauth::Metadata& server,
                                             const Attempt& attempt) {
  const auto form = protocol::form::Form::parse(query);
  if (!form) return fail(Code::protocol_violation, "the redirect's query");
  TRY(oauth::AuthorizationResponse response, oauth::parse_authorization_response(*form));
  const auto issuer_parameter = server.authorization_response_iss_parameter_supported
                                    ? oauth::IssuerParameter::required
                                    : oauth::IssuerParameter::optional;
  TRY_DO(oauth::check_authorization_response(response, attempt.state, server.issuer, issuer_parameter));
  if (const auto* error = std::get_if<Error>(&response.result)) return tl::unexpected(*error);
  return std::get<oauth::AuthorizationCode>(std::move(response.result));
}

Status take_identity(SessionRecord& record, const Attempt& attempt, IdTokenCheck& id_tokens,
                     const oauth::TokenResponse& tokens, const SignInOptions& options, std::stop_token stop) {
  if (!tokens.id_token) {
    if (options.scope.has("openid")) return fail(Code::id_token_invalid, "there is none");
    return {};
  }
  const oauth::IdTokenExpectation expected{.issuer = record.issuer,
                                           .client_id = record.client_id,
                                           .nonce = attempt.nonce,
                                           .access_token_hash = oauth::at_hash_of(tokens.access_token.reveal_text()),
                                           .max_age = options.max_age};
  TRY(const auto claims, id_tokens.check(tokens.id_token->reveal_text(), expected, std::move(stop)));
  record.subject = claims.user.subject;
  record.session_id = claims.session_id;
  return {};
}

Result<SessionRecord> redeem(OAuthClient& client, IdTokenCheck& id_tokens, const Clock& clock, const Attempt& attempt,
                             oauth::AuthorizationCodeGrant grant, const SignInOptions& options, std::stop_token stop) {
  TRY(oauth::TokenResponse tokens, client.exchange_code(std::move(grant), attempt.key.get(), stop));
  SessionRecord record;
  record.issuer = client.issuer();
  record.client_id = client.client_id();
  record.scope = options.scope.print();
  record.signed_in_at = clock.now();
  TRY_DO(take_identity(record, attempt, id_tokens, tokens, options, std::move(stop)));
  record.id_token = std::move(tokens.id_token);
  take_tokens(record, std::move(tokens), clock.now());
  if (attempt.key) {
    TRY(record.dpop_key, attempt.key->to_pkcs8());
  }
  return record;
}

}  // namespace

Result<SessionRecord> sign_in(OAuthClient& client, IdTokenCheck& id_tokens, Browser& browser, const Clock& clock,
                              const SignInOptions& options, std::stop_token stop) {
  TRY(const MetadataPtr server, client.metadata(stop));
  TRY(Attempt attempt, start_attempt(*server, clock, options.binding));
  TRY(LoopbackListener listener, LoopbackListener::open());
  const std::string redirect_uri = listener.redirect_uri();
  TRY_DO(browser.open(authorization_url(*server, client.client_id(), attempt, redirect_uri, options)));

  TRY(Callback callback, listener.wait(options.timeout, stop));
  TRY(auto code, read_answer(callback.query(), *server, attempt));
  oauth::AuthorizationCodeGrant grant{std::move(code), redirect_uri, attempt.verifier.clone()};
  TRY(SessionRecord record, redeem(client, id_tokens, clock, attempt, std::move(grant), options, std::move(stop)));
  callback.show_success();
  return record;
}

}  // namespace latchkey::session
